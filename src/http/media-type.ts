/**
 * The media type of each extension that we serve, in the order in which extensions are tried. This is an allow-list:
 * no other file of the directory is ever served. Safari trusts the media type if the URL has no extension, so the types
 * are the registered ones if there is one (`audio/flac` by RFC 9639, `audio/matroska` by RFC 9559).
 */
const MEDIA_TYPES = {
  mp3: 'audio/mpeg',
  m4a: 'audio/mp4',
  m4b: 'audio/mp4',
  mp4: 'audio/mp4',
  aac: 'audio/aac',
  ogg: 'audio/ogg',
  oga: 'audio/ogg',
  opus: 'audio/ogg',
  flac: 'audio/flac',
  wav: 'audio/wav',
  weba: 'audio/webm',
  webm: 'audio/webm',
  mka: 'audio/matroska',
  aif: 'audio/aiff',
  aiff: 'audio/aiff',
  caf: 'audio/x-caf',
} as const

/** A file name extension that is served, without its dot. */
export type AudioExtension = keyof typeof MEDIA_TYPES

/** Every extension that can be served, in the order in which they are tried. */
export const AUDIO_EXTENSIONS = Object.freeze(Object.keys(MEDIA_TYPES) as AudioExtension[])

/** The media type that files of `extension` are served as. */
export function mediaTypeOf(extension: AudioExtension): string {
  return MEDIA_TYPES[extension]
}

/** Whether `value` is an extension that can be served, in lower case and without a dot. */
export function isAudioExtension(value: unknown): value is AudioExtension {
  return typeof value === 'string' && Object.hasOwn(MEDIA_TYPES, value)
}
