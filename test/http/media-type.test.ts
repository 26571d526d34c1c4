import {
  AUDIO_EXTENSIONS,
  isAudioExtension,
  mediaTypeOf,
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

describe('mediaTypeOf', () => {
  it.each(TYPES)('says of .%s that it is %s', (extension, type) => {
    expect(mediaTypeOf(extension)).toBe(type)
  })
})

describe('AUDIO_EXTENSIONS', () => {
  it('starts with mp3, which the first server had', () => {
    expect(AUDIO_EXTENSIONS[0]).toBe('mp3')
  })

  it('lists every extension once, and no other', () => {
    expect(AUDIO_EXTENSIONS).toEqual(TYPES.map(([extension]) => extension))
  })

  it('cannot be added to', () => {
    expect(Object.isFrozen(AUDIO_EXTENSIONS)).toBe(true)
  })
})

describe('isAudioExtension', () => {
  it.each(TYPES)('accepts %s', extension => {
    expect(isAudioExtension(extension)).toBe(true)
  })

  it.each([
    'txt',
    'html',
    'svg',
    'js',
    'json',
    'avi',
    'mov',
    'exe',
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
