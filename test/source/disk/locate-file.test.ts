import { createResolver, type Resolve } from '../../../src/source/resolver'
import { createLocateFile, isPathBelow } from '../../../src/source/disk/locate-file'

describe('A path of an app', () => {
  it.each([
    'a.mp3',
    'Artist/Album/01 - Name.mp3',
    "It's (live) [1999] #1 100%?.mp3",
    '...and justice/…/..a/a..mp3',
    '.hidden/.mp3',
    'Sigur Rós/曲/🎵.flac',
    'back\\slash:colon*.mp3',
    `${'long/'.repeat(800)}a.mp3`,
  ])('may lie below a directory: %j', path => {
    expect(isPathBelow(path, false)).toBe(true)
  })

  it.each([
    ['nothing', ''],
    ['an absolute path', '/etc/passwd'],
    ['the directory', '.'],
    ['the directory above', '..'],
    ['a segment that leads up', 'a/../../b.mp3'],
    ['a first segment that leads up', '../b.mp3'],
    ['a last segment that leads up', 'a/..'],
    ['a segment that leads nowhere', 'a/./b.mp3'],
    ['an empty segment', 'a//b.mp3'],
    ['an empty last segment', 'a/'],
    ['a slash', '/'],
    ['NUL', 'a\0.mp3'],
    ['a lone surrogate', 'a\ud800.mp3'],
    ['half a character at its end', 'a/\ud83c'],
    ['more than any system opens', 'a'.repeat(4097)],
  ])('may not be %s', (_what, path) => {
    expect(isPathBelow(path, false)).toBe(false)
  })

  it.each(['a\\b.mp3', '..\\a.mp3', 'C:a.mp3', 'a.mp3:stream'])(
    'may not be %j on Windows, where it is another path',
    path => {
      expect(isPathBelow(path, true)).toBe(false)
      expect(isPathBelow(path, false)).toBe(true)
    },
  )

  it('is decided on in time that grows with its length alone', () => {
    const start = performance.now()
    for (const path of ['./'.repeat(2048), 'a/'.repeat(2048), '.'.repeat(4096), '..a/'.repeat(1024)])
      isPathBelow(path, false)
    expect(performance.now() - start).toBeLessThan(1000)
  })
})

describe('The place of a file', () => {
  function locate(answer: Awaited<ReturnType<Resolve>>): unknown {
    const locateFile = createLocateFile(
      createResolver(() => answer, 0),
      ['mp3', 'FLAC'],
    )
    return locateFile({ id: 'track1', grant: undefined }, new AbortController())
  }

  it.each(['a/b.mp3', 'a/b.MP3', 'a/b.flac', 'a/b.Flac'])(
    'has an extension that is served, in any case: %s',
    path => {
      expect(locate(path)).toEqual({ key: path })
    },
  )

  it.each(['a/b.wav', 'a/b', 'a.mp3/b', 'mp3', 'a.mp3.txt', 'a.mp3 '])(
    'has no other extension, unless the app names the type: %s',
    path => {
      expect(locate(path)).toBeUndefined()
      expect(locate({ path, type: 'audio/mpeg' })).toEqual({ key: path, type: 'audio/mpeg' })
    },
  )

  it('holds the name for a client, and no version', () => {
    expect(locate({ path: 'a.mp3', fileName: 'A', version: '7' })).toEqual({ key: 'a.mp3', fileName: 'A' })
  })

  it('is nowhere if the path may not be one', () => {
    expect(locate({ path: '../a.mp3', type: 'audio/mpeg' })).toBeUndefined()
  })
})
