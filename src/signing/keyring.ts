/** The secrets that sign and verify. A weak one is rejected when it is given, before it protects anything. */
import { Buffer } from 'node:buffer'
import { createSecretKey, type KeyObject } from 'node:crypto'
import { isRecord } from '../option-rules'
import { optionError } from '../options'
import { isKeyId } from './term-values'

/** A shared secret: text is taken as its UTF-8 bytes. */
export type Secret = string | Uint8Array

/** A secret with a name, which links that it signs can carry, and by which all of them can be revoked. */
export interface NamedSecret {
  /** 1 to 16 of a-z and 0-9. */
  readonly keyId: string
  readonly secret: Secret
}

/** One secret, or a list in which the first signs and all verify. */
export type Secrets = Secret | NamedSecret | readonly (Secret | NamedSecret)[]

export interface Key {
  readonly key: KeyObject
  readonly keyId: string | undefined
}

/** Keys in order of preference: the first signs, all verify. Never empty. */
export type Keyring = readonly [Key, ...Key[]]

/** A guessed secret opens every file; HMAC-SHA256 deserves as many bytes as its output (RFC 2104, section 3). */
const MIN_BYTES = 16
const GOOD_BYTES = 32

/**
 * Reads an option `secret`: one secret, or a list in which the first signs and all verify (rotation without downtime).
 * No error shows a secret.
 *
 * @param maker what is being made, for the text of errors
 * @throws TypeError if a secret is missing, or neither a string nor bytes
 * @throws RangeError if a secret is under 16 bytes
 */
export function readKeyring(secret: unknown, maker: string): Keyring {
  if (!Array.isArray(secret)) return [createKey(secret, maker, '')]
  // Unlike `map`, this visits the holes of a list.
  const keys = Array.from(secret as readonly unknown[], (each, index) =>
    createKey(each, maker, `, number ${index + 1} of the list`),
  )
  const [first, ...others] = keys
  if (first === undefined) throw optionError(TypeError, `make ${maker}`, 'secret', 'is an empty list')
  const keyIds = keys.flatMap(({ keyId }) => keyId ?? [])
  if (new Set(keyIds).size < keyIds.length) {
    throw optionError(TypeError, `make ${maker}`, 'secret', 'has the same keyId twice')
  }
  return [first, ...others]
}

/** @param place which one of a list: an error cannot show the secret itself */
function createKey(given: unknown, maker: string, place: string): Key {
  const aim = `make ${maker}`
  const { keyId, secret } = isNamed(given) ? given : { keyId: undefined, secret: given }
  if (keyId !== undefined && !isKeyId(keyId)) {
    throw optionError(TypeError, aim, 'secret', `must have a keyId of 1 to 16 of a-z and 0-9${place}`)
  }
  if (secret === undefined || secret === null || secret === '') {
    throw optionError(TypeError, aim, 'secret', `is missing${place}; is the environment variable set?`)
  }
  if (typeof secret !== 'string' && !(secret instanceof Uint8Array)) {
    const problem = `must be a string, bytes, or a list of them, got ${typeof secret}${place}`
    throw optionError(TypeError, aim, 'secret', problem)
  }
  const bytes = Buffer.from(secret)
  if (bytes.length < MIN_BYTES) {
    const problem = `must have at least ${MIN_BYTES} bytes, got ${bytes.length}${place}`
    throw optionError(RangeError, aim, 'secret', problem)
  }
  if (bytes.length < GOOD_BYTES) {
    process.emitWarning(
      `${maker}: secret has ${bytes.length} bytes${place}, ${GOOD_BYTES} or more are advised`,
      { code: 'EXPRESS_SIGNED_STREAM_SHORT_SECRET' },
    )
  }
  return { key: createSecretKey(bytes), keyId }
}

/** Of unknown content: a program in JavaScript may pass anything. */
function isNamed(value: unknown): value is { readonly keyId: unknown; readonly secret: unknown } {
  return isRecord(value) && 'keyId' in value && 'secret' in value
}
