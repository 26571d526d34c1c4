import { EventEmitter, once } from 'node:events'
import { appendFileSync, readFileSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import { constants, runInThisContext } from 'node:vm'
import { createDurations, type FileVersion } from '../../demo/library/durations'
import { parseDuration, type MusicMetadata } from '../../demo/library/read-duration'
import { makeTrackDirectory } from '../support/tracks'

const AUDIO = join(__dirname, '../../audio')
const directory = makeTrackDirectory()
afterAll(directory.remove)

/** Of a client that stays. */
const { signal: STAYS } = new AbortController()

function version(path: string, etag = '"1"'): FileVersion {
  return { path, etag }
}

/** Jest has no import() of its own for ECMAScript modules. */
const importReally = runInThisContext('name => import(name)', {
  filename: __filename,
  importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
}) as (name: string) => Promise<MusicMetadata>

describe('createDurations', () => {
  it('reads each version of a file once', async () => {
    const read: string[] = []
    const durations = createDurations({
      read: path => {
        read.push(path)
        return Promise.resolve(path.length)
      },
    })
    expect(await durations.of([version('a'), version('bb')], STAYS)).toEqual([1, 2])
    expect(await durations.of([version('bb'), version('a')], STAYS)).toEqual([2, 1])
    expect(read).toEqual(['a', 'bb'])
    await durations.of([version('a', '"2"'), version('bb')], STAYS)
    expect(read).toEqual(['a', 'bb', 'a'])
  })

  it('resolves without durations that take long, and with them later', async () => {
    const found = new EventEmitter()
    const slow = once(found, 'duration').then(([duration]) => Number(duration))
    const durations = createDurations({
      read: path => (path === 'slow' ? slow : Promise.resolve(7)),
      patience: 20,
    })
    expect(await durations.of([version('quick'), version('slow')], STAYS)).toEqual([7, undefined])
    found.emit('duration', 8)
    await slow
    expect(await durations.of([version('quick'), version('slow')], STAYS)).toEqual([7, 8])
  })

  it.each<[string, () => Promise<number | undefined>]>([
    ['cannot be read', () => Promise.reject(new Error('Not audio'))],
    ['does not have one', () => Promise.resolve(undefined)],
    ['has nonsense', () => Promise.resolve(Infinity)],
  ])('has no duration of a file that %s', async (_what, read) => {
    expect(await createDurations({ read }).of([version('a')], STAYS)).toEqual([null])
  })

  it('reads one file at a time, and lets no more wait than it may', async () => {
    const read: string[] = []
    let atATime = 0
    let most = 0
    const durations = createDurations({
      maxWaiting: 2,
      read: async path => {
        read.push(path)
        most = Math.max(most, ++atATime)
        await new Promise(setImmediate)
        atATime -= 1
        return 1
      },
    })
    const files = [version('a'), version('b'), version('c')]
    expect(await durations.of(files, STAYS)).toEqual([1, 1, undefined])
    expect(await durations.of(files, STAYS)).toEqual([1, 1, 1])
    expect([read, most]).toEqual([['a', 'b', 'c'], 1])
  })

  it('ends with its last client: reads in progress are cancelled, others do not begin', async () => {
    const begun: string[] = []
    const durations = createDurations({
      patience: 60_000,
      read: (path, signal) => {
        begun.push(path)
        return path === 'd'
          ? Promise.resolve(4)
          : new Promise((_resolve, reject) => {
              signal.addEventListener('abort', () => {
                begun.push(`${path} cancelled`)
                reject(signal.reason as Error)
              })
            })
      },
    })
    const [first, second] = [new AbortController(), new AbortController()]
    const asked = [
      durations.of([version('a'), version('b')], first.signal),
      durations.of([version('a'), version('c')], second.signal),
    ]
    const ended = Promise.allSettled(asked)
    first.abort()
    await new Promise(setImmediate)
    expect(begun).toEqual(['a'])
    second.abort()
    expect((await ended).map(({ status }) => status)).toEqual(['rejected', 'rejected'])
    expect(await durations.of([version('d')], STAYS)).toEqual([4])
    expect(begun).toEqual(['a', 'a cancelled', 'd'])

    // A cancelled read says nothing about the file, which is read again.
    const third = new AbortController()
    const again = durations.of([version('a')], third.signal)
    third.abort()
    await expect(again).rejects.toThrow()
    expect(begun).toEqual(['a', 'a cancelled', 'd', 'a', 'a cancelled'])
  })
})

/** ID3v2: sizes have seven bits in each byte. */
function id3(kind: string, size: number): Buffer {
  const bytes = [21, 14, 7, 0].map(shift => (size >> shift) & 0x7f)
  return Buffer.from([...Buffer.from(kind, 'latin1'), ...bytes])
}

function size32(size: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(size)
  return bytes
}

const HUGE = 200 * 1024 * 1024

/** Begins with `head`, and is a hole after that. */
function hostile(name: string, head: Buffer): string {
  const path = directory.write(name, head)
  truncateSync(path, HUGE + 1000)
  return path
}

describe('parseDuration', () => {
  it.each([
    ['morning-tide.mp3', 84],
    ['evening-lanterns.mp3', 91],
    ['night-and-day.mp3', 525],
  ])('finds out how long %s lasts', async (name, seconds) => {
    const library = await importReally('music-metadata')
    const duration = await parseDuration(library, join(AUDIO, name), STAYS)
    expect(Math.floor(duration ?? 0)).toBe(seconds)
  })

  it('rejects a file that is not audio', async () => {
    await expect(parseDuration(await importReally('music-metadata'), __filename, STAYS)).rejects.toThrow()
  })

  it('opens no FIFO, directory or device', async () => {
    const library = await importReally('music-metadata')
    await expect(parseDuration(library, '/dev/zero', STAYS)).rejects.toThrow('not a regular file')
    await expect(parseDuration(library, AUDIO, STAYS)).rejects.toThrow('not a regular file')
  })

  it('finds it behind a tag of 200 MB, whose size costs nothing', async () => {
    const path = hostile('tagged.mp3', Buffer.concat([id3('ID3\x04\0\0', HUGE), id3('TXXX', HUGE - 10)]))
    truncateSync(path, HUGE + 10)
    appendFileSync(path, readFileSync(join(AUDIO, 'morning-tide.mp3')))
    const before = process.memoryUsage.rss()
    const duration = await parseDuration(await importReally('music-metadata'), path, STAYS)
    expect(Math.floor(duration ?? 0)).toBe(84)
    expect(process.memoryUsage.rss() - before).toBeLessThan(64 * 1024 * 1024)
  })

  it.each<[string, Buffer]>([
    ['comment.flac', Buffer.concat([Buffer.from('fLaC\x84\0\0\x28'), size32(0x7fffffff), size32(HUGE)])],
    ['atom.m4a', Buffer.concat([size32(HUGE), Buffer.from('moov'), size32(HUGE - 8), Buffer.from('udta')])],
    ['chunk.wav', Buffer.from('RIFF\xff\xff\xff\x0fWAVEfmt \xff\xff\xff\x0c', 'latin1')],
    ['syncs.mp3', Buffer.alloc(1024 * 1024, 0xff)],
    ['frames.mp3', Buffer.alloc(1024 * 1024, Buffer.from([0xff, 0xfb, 0x90, 0x44]))],
    ['element.mka', Buffer.from('1a45dfa301ffffffffffffff4282880fffffffffffffff', 'hex')],
    ['pages.ogg', Buffer.alloc(1024 * 1024, Buffer.from(`OggS${'\0'.repeat(22)}\x01\xff`, 'latin1'))],
  ])('gives a bounded part of %s to the parser', async (name, head) => {
    const path = hostile(name, head)
    const before = process.memoryUsage.rss()
    const library = await importReally('music-metadata')
    const found = await parseDuration(library, path, STAYS).catch(() => null)
    expect([undefined, null, expect.any(Number)]).toContainEqual(found)
    expect(process.memoryUsage.rss() - before).toBeLessThan(64 * 1024 * 1024)
  })

  it('reads no further once it is cancelled', async () => {
    const controller = new AbortController()
    controller.abort(new Error('Left'))
    const path = join(AUDIO, 'morning-tide.mp3')
    const library = await importReally('music-metadata')
    await expect(parseDuration(library, path, controller.signal)).rejects.toThrow('Left')
  })
})
