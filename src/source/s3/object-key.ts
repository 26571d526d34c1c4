/** The keys of objects: any text that S3 accepts, as it is. */

/** UTF-8 bytes (Amazon S3 user guide, "Naming Amazon S3 objects"). */
const LONGEST_KEY = 1024

/** It has no UTF-8 form, so that the key would become another one. */
const LONE_SURROGATE = /\p{Surrogate}/u

/** No key has it, so that it can end one in a longer text. */
const SEPARATOR = '\0'

/** Where an object is. */
export interface ObjectPlace {
  readonly key: string
  readonly version: string | undefined
  /** As the app says it. */
  readonly type: string | undefined
}

/**
 * Whether an object can have this key. No request is sent for others, nor for a `..` segment: a gateway in front of a
 * file system could resolve it, and leave the prefix.
 */
export function isObjectKey(key: string): boolean {
  return (
    key !== '' &&
    key.length <= LONGEST_KEY &&
    !key.includes('\0') &&
    !LONE_SURROGATE.test(key) &&
    Buffer.byteLength(key) <= LONGEST_KEY &&
    !key.split('/').includes('..')
  )
}

/** Names a place by a text that no other place has. */
export function formatPlace({ key, version = '', type = '' }: ObjectPlace): string {
  return version === '' && type === '' ? key : [key, version, type].join(SEPARATOR)
}

export function parsePlace(text: string): ObjectPlace {
  const [key = '', version, type] = text.split(SEPARATOR)
  return { key, version: version === '' ? undefined : version, type: type === '' ? undefined : type }
}
