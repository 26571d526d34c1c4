/** Revocations in a file: after restarts, crashes, and faults of the disk. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  appendFileSync,
  copyFileSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import {
  createLinks,
  fileState,
  memoryState,
  RevocationListFull,
  type FileStateOptions,
  type RevocationEntry,
} from 'express-signed-stream'
import { RevocationFile } from '../../../src/links/state/file/revocation-file'
import { eventually } from '../../support/eventually'
import { SECRET } from '../../support/tracks'
import { codeOf, cutOff, NOW, signed, startListening } from '../listening'

let directory: string
let file: string

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'file-state-'))
  file = join(directory, 'revocations')
})
afterEach(() => {
  rmSync(directory, { recursive: true })
})

const LIMITS = { max: 1000, now: NOW }

function entryOf(value: string, fields: Partial<RevocationEntry> = {}): RevocationEntry {
  return { kind: 'listener', value, before: NOW, until: undefined, endsStreams: true, ...fields }
}

async function save(...entries: readonly RevocationEntry[]): Promise<void> {
  const { revocations } = fileState({ file })
  await Promise.all(entries.map(async entry => revocations.add(entry, LIMITS)))
}

/** What a process that starts now reads. */
async function savedValues(): Promise<string[]> {
  const { entries } = await fileState({ file }).revocations.read(undefined)
  return entries.map(({ value }) => value)
}

describe('a revocation', () => {
  it('holds after a restart, from the first request on', async () => {
    const link = signed('track1', `iat.${NOW}.sub.u42`)
    const other = signed('track1', `iat.${NOW}.sub.u43`)
    {
      await using listening = await startListening({ state: fileState({ file }) })
      expect(await codeOf(listening, link)).toBe('200')
      await listening.links.revoke({ listener: 'u42' })
      expect(await codeOf(listening, link)).toBe('LINK_REVOKED')
    }
    await using again = await startListening({ state: fileState({ file }) })
    expect(await Promise.all([codeOf(again, link), codeOf(again, other)])).toEqual(['LINK_REVOKED', '200'])
    again.time = NOW + 1
    const later = again.links.createLink('track1', { expiresIn: 60, listener: 'u42' })
    expect(await codeOf(again, later.url)).toBe('200')
  })

  it('is known after a restart before a request can come', async () => {
    await save(entryOf('u42'))
    const links = createLinks({ secret: SECRET, state: fileState({ file }), now: () => NOW })
    const { url } = createLinks({ secret: SECRET, now: () => NOW }).createLink('track1', {
      expiresIn: 60,
      listener: 'u42',
    })
    // What needs no file and no socket is done by then.
    await new Promise(resolve => {
      process.nextTick(resolve)
    })
    expect(await links.verify(url)).toEqual({ valid: false, code: 'LINK_REVOKED' })
    links.close()
  })

  it('that another process of the machine makes holds here, and ends the stream', async () => {
    await using one = await startListening({ state: fileState({ file }) })
    await using other = await startListening({ state: fileState({ file }) })
    const stream = await other.begin(signed('long', `iat.${NOW}.sub.u42`))
    await one.links.revoke({ listener: 'u42' })
    await eventually(() => other.links.streams().length === 0, 'the stream of the other process ends')
    await cutOff(stream)
    expect(await codeOf(other, signed('track1', `iat.${NOW}.sub.u42`))).toBe('LINK_REVOKED')
  })

  it('is in the file when it is saved, with any characters of its handle', async () => {
    const values = ['u42', 'Début', '日本', '"\n"', '']
    await save(...values.map(value => entryOf(value)))
    expect(await savedValues()).toEqual(values)
    expect(statSync(file).mode & 0o777).toBe(0o600)
  })

  it('is none if its times are no numbers', async () => {
    const { revocations } = fileState({ file })
    await expect(async () => revocations.add(entryOf('u42', { until: NaN }), LIMITS)).rejects.toThrow(
      'Not a time',
    )
    expect(await savedValues()).toEqual([])
  })

  it('leaves sessions, uses and places to the process', async () => {
    await using listening = await startListening({ state: fileState({ file }) })
    const once = signed('track1', 'jti.a.uses.1')
    expect(await codeOf(listening, once, 1, { Range: 'bytes=0-9' })).toBe('206')
    expect(await codeOf(listening, once, 2)).toBe('LINK_USED_UP')
  })
})

describe('processes that are killed while they revoke', () => {
  it('lose nothing that they had saved', async () => {
    const saved: string[] = []
    const children = ['a', 'b', 'c'].map(name =>
      spawn(
        process.execPath,
        [
          '-r',
          join(__dirname, '../../support/run-typescript.js'),
          join(__dirname, 'revoking-process.ts'),
          file,
          name,
        ],
        { stdio: ['ignore', 'pipe', 'inherit'] },
      ),
    )
    await Promise.all(
      children.map(async child => {
        let count = 0
        const closed = once(child, 'close')
        for await (const line of createInterface(child.stdout)) {
          saved.push(line)
          if (++count === 30) child.kill('SIGKILL')
        }
        await closed
      }),
    )
    expect(saved.length).toBeGreaterThanOrEqual(90)
    expect(await savedValues()).toEqual(expect.arrayContaining(saved))
  })
})

describe('a file', () => {
  it('whose last line is incomplete keeps all others, and takes the next', async () => {
    await save(entryOf('u1'))
    appendFileSync(file, '\n["listener","u2",180')
    await save(entryOf('u3'))
    expect(await savedValues()).toEqual(['u1', 'u3'])
  })

  it('that nobody has written to yet is made', async () => {
    writeFileSync(file, '')
    await save(entryOf('u1'))
    expect(await savedValues()).toEqual(['u1'])
  })

  it.each<[string, () => void]>([
    [
      'is removed',
      () => {
        rmSync(file)
      },
    ],
    [
      'is emptied',
      () => {
        writeFileSync(file, '')
      },
    ],
    [
      'becomes shorter',
      () => {
        writeFileSync(file, readFileSync(file).subarray(0, 60))
      },
    ],
  ])('that %s while the process runs is put back', async (_what, spoil) => {
    const { revocations } = fileState({ file })
    await revocations.add(entryOf('u1'), LIMITS)
    const { cursor } = await revocations.read(undefined)
    spoil()
    await revocations.add(entryOf('u2'), LIMITS)
    expect(await savedValues()).toEqual(['u1', 'u2'])
    expect(await revocations.read(cursor)).toMatchObject({
      isStart: true,
      entries: [{ value: 'u1' }, { value: 'u2' }],
    })
    expect(readdirSync(directory)).toEqual(['revocations'])
  })

  it.each<[string, () => void]>([
    [
      'an older copy',
      () => {
        copyFileSync(file, `${file}.other`)
      },
    ],
    [
      'another list',
      () => {
        fileState({ file: `${file}.other` })
      },
    ],
  ])('that is replaced by %s gets back what the process knows', async (_what, makeOther) => {
    await save(entryOf('u41'))
    makeOther()
    await using listening = await startListening({ state: fileState({ file }) })
    await listening.links.revoke({ listener: 'u42' })
    renameSync(`${file}.other`, file)
    await eventually(async () => (await savedValues()).length === 2, 'both revocations are written back')
    expect(await codeOf(listening, signed('track1', `iat.${NOW}.sub.u42`))).toBe('LINK_REVOKED')
  })

  it('stays where a symbolic link leads', async () => {
    mkdirSync(join(directory, 'volume'))
    symlinkSync(join(directory, 'volume/list'), file)
    writeFileSync(file, '')
    const { revocations } = fileState({ file })
    await revocations.add(entryOf('u1', { until: NOW + 1 }), { max: 1, now: NOW })
    await revocations.add(entryOf('u2'), { max: 1, now: NOW + 2 })
    expect(lstatSync(file).isSymbolicLink()).toBe(true)
    expect(await savedValues()).toEqual(['u2'])
  })

  it('forgets what has ended rather than be full, and takes no more than its capacity', async () => {
    const { revocations } = fileState({ file })
    const ended = Array.from({ length: 3 }, (_, index) => entryOf(`old${index}`, { until: NOW + 1 }))
    for (const entry of [...ended, entryOf('u1')]) await revocations.add(entry, { max: 4, now: NOW })
    const { size } = statSync(file)
    await expect(async () => revocations.add(entryOf('u2'), { max: 4, now: NOW })).rejects.toThrow(
      RevocationListFull,
    )
    await revocations.add(entryOf('u2'), { max: 4, now: NOW + 2 })
    expect(await savedValues()).toEqual(['u1', 'u2'])
    expect(statSync(file).size).toBeLessThan(size)
    expect(readdirSync(directory)).toEqual(['revocations'])
  })

  it('does not take what cannot be read again', async () => {
    await expect(new RevocationFile(file).append(['nonsense'])).rejects.toThrow(
      'The file of revocations was replaced',
    )
  })
})

describe('a disk that fails', () => {
  /** Puts a directory in the place of the file. */
  function breakFile(): void {
    renameSync(file, `${file}.away`)
    mkdirSync(file)
  }
  function mendFile(): void {
    rmdirSync(file)
    renameSync(`${file}.away`, file)
  }

  it('lets revoke reject; it holds here, and is saved when the disk works again', async () => {
    await using listening = await startListening({ state: fileState({ file }) })
    breakFile()
    await expect(listening.links.revoke({ listener: 'u42' })).rejects.toThrow('EISDIR')
    expect(await codeOf(listening, signed('track1', `iat.${NOW}.sub.u42`))).toBe('LINK_REVOKED')
    expect(await codeOf(listening, signed('track1', 'jti.a.sub.u43.uses.1'), 1, { Range: 'bytes=0-9' })).toBe(
      '206',
    )
    mendFile()
    await eventually(async () => (await savedValues()).includes('u42'), 'the revocation is saved')
  })

  it('may take longer than a request would wait', async () => {
    const { revocations } = memoryState()
    const slow = {
      read: (cursor: string | undefined) => revocations.read(cursor),
      async add(...args: Parameters<typeof revocations.add>) {
        await delay(700)
        await revocations.add(...args)
      },
    }
    await using listening = await startListening({ state: { revocations: slow } })
    expect(await listening.links.revoke({ listener: 'u42' })).toEqual({ streams: 0 })
  })

  it('lets all that wait reject, and leaves no file behind', async () => {
    const { revocations } = fileState({ file })
    breakFile()
    const results = await Promise.allSettled(
      ['u1', 'u2'].map(async value => revocations.add(entryOf(value), LIMITS)),
    )
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
    expect(readdirSync(directory)).toEqual(['revocations', 'revocations.away'])
    mendFile()
    await revocations.add(entryOf('u3'), LIMITS)
    expect(await savedValues()).toEqual(['u3'])
  })

  it('lets revoke reject if the directory is gone', async () => {
    const inside = join(directory, 'inside')
    mkdirSync(inside)
    const { revocations } = fileState({ file: join(inside, 'revocations') })
    rmSync(inside, { recursive: true })
    await expect(async () => revocations.add(entryOf('u1'), LIMITS)).rejects.toThrow('ENOENT')
  })
})

describe('the option state', () => {
  const { revocations } = memoryState()
  function begin(): 'begun' {
    return 'begun'
  }

  it.each([{}, { revocations: [] }, { revocations, begin }, { revocations, begin, hold: true }, fileState])(
    'is wrong: %p',
    state => {
      expect(() => createLinks({ secret: SECRET, state: state as never })).toThrow(
        'state must be a state of links: redisState({ send }), fileState({ file }) or memoryState()',
      )
    },
  )

  it('may be revocations alone, as an app keeps them in its database', async () => {
    await using listening = await startListening({ state: { revocations } })
    await listening.links.revoke({ listener: 'u42' })
    const { entries } = await revocations.read(undefined)
    expect(entries).toMatchObject([{ kind: 'listener', value: 'u42', before: NOW }])
  })
})

describe('fileState', () => {
  it.each<[object, string]>([
    [{}, 'file is missing'],
    [{ file: '' }, 'file must be the path of a file, got ""'],
    [{ file: 3 }, 'file must be the path of a file, got 3'],
    [{ file: 'a', path: 'b' }, 'unknown option "path", known are file'],
    [{ file: 'nowhere/revocations' }, 'file must be in an existing directory, got "nowhere/revocations"'],
    [{ file: __filename }, `file must be a new file, or one that fileState made, got `],
    [{ file: __dirname }, 'file must be a new file, or one that fileState made, got '],
    [{ file: '/dev/null' }, 'file must be a new file, or one that fileState made, got "/dev/null"'],
    [{ file: `${__filename}/revocations` }, 'file must be in an existing directory, got '],
    [{ file: 'a'.repeat(300) }, 'file cannot be opened: ENAMETOOLONG'],
  ])('names what is wrong with %j', (options, problem) => {
    expect(() => fileState(options as FileStateOptions)).toThrow(`Cannot make fileState: ${problem}`)
  })

  it('leaves a file alone that is something else, also while it runs', async () => {
    const music = 'ID3 and so on, which is longer than a first line has to be: nobody wants to lose it'
    writeFileSync(file, music)
    expect(() => fileState({ file })).toThrow('must be a new file')
    rmSync(file)
    const { revocations } = fileState({ file })
    writeFileSync(file, music)
    await expect(async () => revocations.add(entryOf('u1'), LIMITS)).rejects.toThrow(
      'The file is no list of revocations',
    )
    expect(readFileSync(file, 'utf8')).toBe(music)
  })
})
