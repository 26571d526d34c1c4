/** docs/links.md: its examples run, its signers are those that are tested, and its tables have all that there is. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import type { RequestListener } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { compileFunction } from 'node:vm'
import express from 'express'
import * as library from 'express-signed-stream'
import * as redisEntry from 'express-signed-stream/redis'
import ts from 'typescript'
import { STREAM_ERROR_CODES } from '../../src/errors'
import { LONGEST_SESSION, MAX_STREAMS, MAX_TRACKS, MAX_USES, TERMS } from '../../src/signing/term-values'
import { ask } from '../support/client'
import { listen } from '../support/server'
import { SECRET } from '../support/tracks'
import { signVectors } from '../support/vectors'

const ROOT = join(__dirname, '../..')
const page = readFileSync(join(ROOT, 'docs/links.md'), 'utf8')

function fences(language: string): string[] {
  return Array.from(
    page.matchAll(new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\``, 'gms')),
    ([, code = '']) => code,
  )
}

/** The rows of the tables, as their cells. */
const rows = Array.from(page.matchAll(/^\| (.+) \|$/gm), ([, cells = '']) => cells.split(' | '))

describe('a signer in docs/links.md', () => {
  it.each([
    ['python', 'sign.py'],
    ['php', 'sign.php'],
    ['go', 'sign.go'],
    ['ruby', 'sign.rb'],
    ['rust', 'sign.rs'],
    ['java', 'Sign.java'],
    ['csharp', 'Sign.cs'],
    ['bash', 'sign.sh'],
  ])('in %s is that of %s', (language, name) => {
    const program = readFileSync(join(ROOT, 'test/recipes/signers', name), 'utf8')
    const [, core = ''] = /\[signer\]\n(.*?)\n[^\n]*\[\/signer\]/s.exec(program) ?? []
    expect(fences(language)).toEqual([`${outdent(core).trim()}\n`])
  })

  function outdent(code: string): string {
    const [margin = ''] = /^ */.exec(code) ?? []
    return code.replaceAll(new RegExp(`^${margin}`, 'gm'), '')
  }
})

describe('the tables of docs/links.md', () => {
  it('have each term, with its option', () => {
    const terms = TERMS.map(({ name, option }) => [
      `\`${name}\``,
      option === 'signedAt' ? 'always written' : `\`${option}\``,
    ])
    expect(
      rows
        .filter(cells => cells.length === 4 && /^`[a-z]+\d?`$/.test(cells[0] ?? ''))
        .map(cells => cells.slice(0, 2)),
    ).toEqual(terms)
  })

  it.each([
    ['id', MAX_TRACKS],
    ['ses', LONGEST_SESSION],
    ['streams', MAX_STREAMS],
    ['uses', MAX_USES],
  ])('have the limit of %s', (name, limit) => {
    expect(rows.find(([term]) => term === `\`${name}\``)?.[3]).toMatch(new RegExp(`\\b${limit}\\b`))
  })

  it('have each code that a link can cause, with its status', () => {
    const listed = rows.flatMap(([status = '', code = '']) =>
      /^\d{3}$/.test(status) ? [[Number(status), code.replaceAll('`', '')]] : [],
    )
    for (const [status, code] of listed) {
      expect(new library.StreamError(code as library.StreamErrorCode).status).toBe(status)
    }
    const others = [
      'METHOD_NOT_ALLOWED',
      'DRAINING',
      'NOT_FOUND',
      'PRECONDITION_FAILED',
      'RANGE_NOT_SATISFIABLE',
      'SOURCE_UNAVAILABLE',
    ]
    const expected = STREAM_ERROR_CODES.filter(code => !others.includes(code))
    expect(new Set(listed.map(([, code]) => code))).toEqual(new Set(expected))
  })
})

describe('docs/links.md', () => {
  it('shows an input as conformance feeds it, and how many', () => {
    const [input = '', ...others] = fences('json')
    expect(others).toEqual([])
    expect(Object.keys(JSON.parse(input) as object)).toEqual(Object.keys(signVectors.tests[0]?.input ?? {}))
    expect(page).toContain(`feeds ${signVectors.numberOfTests} inputs`)
  })
})

describe('the examples of docs/links.md', () => {
  let started: RequestListener | undefined
  const directory = mkdtempSync(join(tmpdir(), 'documentation-'))
  afterAll(() => {
    rmSync(directory, { recursive: true })
  })

  function recordingExpress() {
    const app = express()
    app.listen = (() => {
      started = app
    }) as unknown as typeof app.listen
    return app
  }

  /** A client of Redis that is not there. */
  function unconnectedClient() {
    return {
      on: () => undefined,
      connect: () => Promise.resolve(),
      sendCommand: () => Promise.reject(new Error('Not connected')),
    }
  }

  /** Runs all examples as one program, and returns the values of its variables `names`. */
  async function runAll(names: readonly string[]): Promise<Record<string, unknown>> {
    const lines = fences('ts').join('\n').split('\n')
    const imports = lines.filter(line => line.startsWith('import '))
    const rest = lines.filter(line => !line.startsWith('import '))
    const code = `${imports.join('\n')}\nexport const result = (async () => { ${rest.join('\n')}\nreturn { ${names.join()} } })()`
    const { outputText } = ts.transpileModule(code, {
      compilerOptions: {
        module: ts.ModuleKind.CommonJS,
        target: ts.ScriptTarget.ES2022,
        esModuleInterop: true,
      },
    })
    const modules: Readonly<Record<string, unknown>> = {
      'express-signed-stream': {
        ...library,
        fileState: ({ file }: library.FileStateOptions) => library.fileState({ file: join(directory, file) }),
      },
      'express-signed-stream/redis': redisEntry,
      redis: { createClient: unconnectedClient },
      express: Object.assign(recordingExpress, { default: recordingExpress, __esModule: true }),
      'node:diagnostics_channel': jest.requireActual('node:diagnostics_channel'),
    }
    const exports: { result?: Promise<Record<string, unknown>> } = {}
    const program = compileFunction(outputText, ['require', 'exports', 'process', 'console'])
    const env = { ...process.env, SECRET_KEY: SECRET }
    Reflect.apply(program, undefined, [
      (name: string) => modules[name],
      exports,
      { ...process, env },
      { log },
    ])
    return (await exports.result) ?? {}
  }

  const log = jest.fn()

  it('run as one program, and do what they say', async () => {
    const {
      links,
      album,
      second,
      shop,
      bought,
      verdict,
      description,
      url,
      streams,
      forThree,
      oneAtATime,
      onTrial,
      fromOffice,
      plain,
      withExtension,
      rejected,
      kept,
    } = (await runAll([
      'links',
      'album',
      'second',
      'shop',
      'bought',
      'verdict',
      'description',
      'url',
      'streams',
      'forThree',
      'oneAtATime',
      'onTrial',
      'fromOffice',
      'plain',
      'withExtension',
      'rejected',
      'kept',
    ])) as Record<string, library.NewLink> &
      Record<'links' | 'shop' | 'onTrial' | 'kept', library.Links> & {
        url: string
        second: string
        plain: string
        withExtension: string
      }
    await using server = await listen(started ?? (() => undefined))

    const signed = await ask(server.port, '/play/night-train')
    expect(signed.body.toString()).toMatch(
      /^\{"url":"\/stream\/night-train\?expires=\d+&terms=iat\.\d+\.ses\.14400\.sub\.u42&sig=/,
    )

    expect(links.describe(second)).toMatchObject({ id: 'album1-02', prefix: 'album1-' })
    expect(album?.url).toMatch(/^\/stream\/album1-01\?/)
    expect(await shop.verify(bought?.url ?? '')).toMatchObject({ valid: true, grant: { set: 'order-17' } })
    expect(verdict).toMatchObject({ valid: true, grant: { id: 'morning-tide' } })
    expect(description).toMatchObject({ listener: 'u42', hasExpired: false })
    expect(forThree?.terms).toContain('.uses.3')
    expect(oneAtATime?.terms).toContain('.streams.1.sub.u42')

    expect(plain).toMatch(/^https:\/\/api\.example\.com\/stream\/track1\?expires=\d+&sig=[0-9a-f]{64}$/)
    expect(withExtension).toMatch(/\/stream\/track1\.mp3\?expires=/)
    expect(library.verifySignedUrl(withExtension, { secret: SECRET })).toMatchObject({ valid: true })
    expect(rejected).toEqual({ valid: false, code: 'SIGNATURE_MALFORMED' })

    expect(streams).toBe(0)
    expect(await links.verify(url)).toEqual({ valid: false, code: 'LINK_REVOKED' })

    await kept.revoke({ listener: 'u42' })
    expect(readFileSync(join(directory, 'revocations'), 'utf8')).toContain('["listener","u42",')
    kept.close()

    const office = fromOffice?.url ?? ''
    await using trial = await listen(library.createStreamRouter({ dir: join(ROOT, 'audio'), links: onTrial }))
    expect((await ask(trial.port, office)).status).toBe(200)
    expect(log).toHaveBeenCalledWith(
      'would be refused:',
      expect.objectContaining({ code: 'NETWORK_NOT_ALLOWED' }),
    )
  })
})
