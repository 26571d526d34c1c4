import {
  AUDIO_EXTENSIONS,
  audioExtensionOf,
  isAudioExtension,
  isListedExtension,
  mediaTypeOf,
  mediaTypeOfPath,
  type AudioExtension,
} from '../../src/http/media-type'

const TYPES: [AudioExtension, string][] = [
  ['mp3', 'audio/mpeg'],
  ['m4a', 'audio/mp4'],
  ['m4b', 'audio/mp4'],
  ['mp4', 'audio/mp4'],
  ['aac', 'audio/aac'],
  ['ogg', 'audio/ogg'],
  ['oga', 'audio/ogg'],
  ['opus', 'audio/ogg'],
  ['flac', 'audio/flac'],
  ['wav', 'audio/wav'],
  ['weba', 'audio/webm'],
  ['webm', 'audio/webm'],
  ['mka', 'audio/matroska'],
  ['aif', 'audio/aiff'],
  ['aiff', 'audio/aiff'],
  ['caf', 'audio/x-caf'],
]

describe('AUDIO_EXTENSIONS', () => {
  it('lists every extension once, in the order in which they are tried, with its type', () => {
    expect(AUDIO_EXTENSIONS.map(extension => [extension, mediaTypeOf(extension)])).toEqual(TYPES)
  })

  it('cannot be added to', () => {
    expect(Object.isFrozen(AUDIO_EXTENSIONS)).toBe(true)
  })
})

describe('isAudioExtension', () => {
  it('accepts each of them', () => {
    expect(AUDIO_EXTENSIONS.every(isAudioExtension)).toBe(true)
  })

  it.each([
    'txt',
    'svg',
    '',
    '.mp3',
    'MP3',
    'mp3 ',
    'mp3/../etc',
    '__proto__',
    'constructor',
    'toString',
    undefined,
    null,
    3,
    ['mp3'],
  ])('refuses %p', value => {
    expect(isAudioExtension(value)).toBe(false)
  })
})

describe('isListedExtension', () => {
  it('accepts each of them in lower and upper case', () => {
    expect(AUDIO_EXTENSIONS.every(isListedExtension)).toBe(true)
    expect(AUDIO_EXTENSIONS.every(extension => isListedExtension(extension.toUpperCase()))).toBe(true)
  })

  it.each(['Mp3', 'M\u212aA', 'EXE', '', undefined, ['MP3']])('refuses %p', value => {
    expect(isListedExtension(value)).toBe(false)
  })
})

describe('The extension of a path', () => {
  it.each([
    ['Artist/01.Flac', 'flac', 'audio/flac'],
    ['a.mp3.OPUS', 'opus', 'audio/ogg'],
    ['.mka', 'mka', 'audio/matroska'],
  ])('of %j is %s, which is served as %s', (path, extension, type) => {
    expect([audioExtensionOf(path), mediaTypeOfPath(path)]).toEqual([extension, type])
  })

  it.each([
    'mp3',
    'a.mp3.',
    'a.mp3/b',
    'a.mp3\0',
    'a.mp3\n',
    'a.m\u212aa',
    'a.\uff4d\uff50\uff13',
    'a.exe',
    '',
  ])('of %j is none that is served', path => {
    expect([audioExtensionOf(path), mediaTypeOfPath(path)]).toEqual([undefined, undefined])
  })
})
