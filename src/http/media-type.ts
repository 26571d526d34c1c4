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

/** An extension as files may have it. */
export type ListedExtension = AudioExtension | Uppercase<AudioExtension>

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

/** Whether `value` is an extension that can be served, in lower or upper case and without a dot. */
export function isListedExtension(value: unknown): value is ListedExtension {
  return typeof value === 'string' && LISTED_EXTENSIONS.has(value)
}

const LISTED_EXTENSIONS: ReadonlySet<string> = new Set(
  AUDIO_EXTENSIONS.flatMap(extension => [extension, extension.toUpperCase()]),
)

/** Other names under which storages and databases know the types above. */
const ALIASES: Readonly<Record<string, string>> = {
  'audio/mp3': 'audio/mpeg',
  'audio/x-mp3': 'audio/mpeg',
  'audio/x-mpeg': 'audio/mpeg',
  'audio/mpeg3': 'audio/mpeg',
  'audio/m4a': 'audio/mp4',
  'audio/x-m4a': 'audio/mp4',
  'audio/x-m4b': 'audio/mp4',
  'audio/aacp': 'audio/aac',
  'audio/x-aac': 'audio/aac',
  'audio/opus': 'audio/ogg',
  'application/ogg': 'audio/ogg',
  'audio/x-flac': 'audio/flac',
  'audio/wave': 'audio/wav',
  'audio/x-wav': 'audio/wav',
  'audio/vnd.wave': 'audio/wav',
  'audio/x-matroska': 'audio/matroska',
  'audio/x-aiff': 'audio/aiff',
}

const SERVED_TYPES: ReadonlySet<string> = new Set(Object.values(MEDIA_TYPES))

/** The type that is served for a `Content-Type` or a type of a database; undefined if it is not an audio type of ours. */
export function servedMediaType(text: string): string | undefined {
  const [essence = ''] = text.split(';', 1)
  const type = essence.trim().toLowerCase()
  const served = Object.hasOwn(ALIASES, type) ? ALIASES[type] : type
  return served !== undefined && SERVED_TYPES.has(served) ? served : undefined
}

/** ASCII alone: the Kelvin sign would be a k in lower case. */
const ENDING = /\.([a-z\d]+)$/i

/** The extension of a file name or path, in lower case; undefined if it has none that can be served. */
export function audioExtensionOf(path: string): AudioExtension | undefined {
  const extension = ENDING.exec(path)?.[1]?.toLowerCase()
  return isAudioExtension(extension) ? extension : undefined
}

/** The media type that a file name or path says by its extension; undefined if it has none that can be served. */
export function mediaTypeOfPath(path: string): string | undefined {
  const extension = audioExtensionOf(path)
  return extension && mediaTypeOf(extension)
}
