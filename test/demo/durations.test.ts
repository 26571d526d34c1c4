import { EventEmitter, once } from 'node:events'
import { join } from 'node:path'
import { constants, runInThisContext } from 'node:vm'
import { createDurations, parseDuration, type FileVersion, type MusicMetadata } from '../../demo/durations'

const AUDIO = join(__dirname, '../../audio')

function version(path: string, size = 1, modified = 1): FileVersion {
  return { path, size, modified }
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
    expect(await durations.of([version('a'), version('bb')])).toEqual([1, 2])
    expect(await durations.of([version('bb'), version('a')])).toEqual([2, 1])
    expect(read).toEqual(['a', 'bb'])
    await durations.of([version('a', 2), version('bb', 1, 2)])
    expect(read).toEqual(['a', 'bb', 'a', 'bb'])
  })

  it('answers without those that take long, and with them later', async () => {
    const found = new EventEmitter()
    const slow = once(found, 'duration').then(([duration]) => Number(duration))
    const durations = createDurations({
      read: path => (path === 'slow' ? slow : Promise.resolve(7)),
      patience: 20,
    })
    expect(await durations.of([version('quick'), version('slow')])).toEqual([7, undefined])
    found.emit('duration', 8)
    await slow
    expect(await durations.of([version('quick'), version('slow')])).toEqual([7, 8])
  })

  it.each<[string, () => Promise<number | undefined>]>([
    ['cannot be read', () => Promise.reject(new Error('Not audio'))],
    ['does not tell', () => Promise.resolve(undefined)],
    ['tells nonsense', () => Promise.resolve(Infinity)],
  ])('has no duration of a file that %s', async (_what, read) => {
    expect(await createDurations({ read }).of([version('a')])).toEqual([null])
  })

  it('remembers no more than it may, and reads no more at a time', async () => {
    const read: string[] = []
    const durations = createDurations({
      max: 2,
      read: path => {
        read.push(path)
        return Promise.resolve(1)
      },
    })
    expect(await durations.of([version('a'), version('b'), version('c')])).toEqual([1, 1, null])
    await durations.of([version('a'), version('b'), version('c')])
    expect(read).toEqual(['a', 'b'])
  })
})

describe('parseDuration', () => {
  it.each([
    ['morning-tide.mp3', 84],
    ['evening-lanterns.mp3', 91],
    ['night-and-day.mp3', 525],
  ])('finds out how long %s lasts', async (name, seconds) => {
    const duration = await parseDuration(await importReally('music-metadata'), join(AUDIO, name))
    expect(Math.floor(duration ?? 0)).toBe(seconds)
  })

  it('rejects what is no audio', async () => {
    await expect(parseDuration(await importReally('music-metadata'), __filename)).rejects.toThrow()
  })
})
