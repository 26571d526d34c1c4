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
