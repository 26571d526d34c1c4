/** Makes signed links. Rejects what no verifier would accept, at the place of the mistake. */
import { readClock, type Clock } from '../clock'
import {
  AUDIO_EXTENSIONS,
  audioExtensionOf,
  isListedExtension,
  type ListedExtension,
} from '../http/media-type'
import { toPrintable } from '../http/printable'
import { describe, type OptionRule } from '../option-rules'
import { optional, optionError, readOptions, type OptionReaders } from '../options'
import { isTrackId, TRACK_ID_RULE } from '../track-id'
import { computeMac } from './canonical'
import { checkExpires, resolveExpiry, type Expiry, type GivenExpiry } from './expiry'
import { readKeyring, type Secret, type Secrets } from './keyring'

export interface SignerOptions {
  /** The secret shared with the server, 32 bytes or more; of a list, the first signs. */
  readonly secret: Secrets | undefined
  /** Where the router is mounted: an absolute http(s) URL, or a path such as `/stream`. Needed by `createLink` and `signUrl` only. */
  readonly baseUrl?: string | undefined
  /**
   * The clock, in seconds since the epoch. It is called when the signer is made and for every link.
   * @defaultValue the system's
   */
  readonly now?: Clock | undefined
}

export const baseUrlRule: OptionRule<string> = {
  accepts: isBaseUrl,
  expected: 'an http(s) URL or a path, without query and fragment',
}

const signerOptions = {
  secret: readKeyring,
  baseUrl: optional(baseUrlRule),
  now: readClock,
} satisfies OptionReaders<SignerOptions>

/** When a link expires, and how its path ends. */
export type LinkOptions = Expiry & {
  /**
   * Written behind the id, for players that look at the path: in lower or upper case, without a dot. It is not signed.
   * A server responds with 404 if the track is not of that type.
   * @defaultValue none
   */
  readonly extension?: ListedExtension | undefined
}

/** The two query parameters of a signed link. */
export interface SignedParameters {
  /** Seconds since the epoch; the link is valid up to and including this second. */
  readonly expires: number
  /** 64 lower-case hexadecimal digits. */
  readonly sig: string
}

/** A signed link and what is in it, from one look at the clock. */
export interface SignedLink extends SignedParameters {
  /** `{baseUrl}/{id}?expires={seconds}&sig={hex}`, with the id percent-encoded; `.{extension}` behind it if one is given. */
  readonly url: string
}

export interface Signer {
  /**
   * @returns the parameters that open `id` until the expiry
   * @throws TypeError if both or neither of expiresIn and expiresAt are given, or if the clock returns something other
   *   than a time
   * @throws RangeError if no verifier would accept the id or the expiry
   */
  sign(id: string, expiry: Expiry): SignedParameters
  /**
   * Makes a link and returns its expiry too, for a response that needs both: two calls could see two seconds.
   *
   * @returns the link, its expiry and its signature
   * @throws as `sign`, TypeError if the signer was made without baseUrl, and RangeError for an extension that is not one
   *   of {@link AUDIO_EXTENSIONS}
   */
  createLink(id: string, options: LinkOptions): SignedLink
  /**
   * @returns the `url` of `createLink`
   * @throws as `createLink`
   */
  signUrl(id: string, options: LinkOptions): string
}

/**
 * Makes a signer of links.
 *
 * @throws TypeError or RangeError that names the option that is wrong
 * @example
 * const signer = createSigner({ secret, baseUrl: 'https://api.example.com/stream' })
 * signer.signUrl('track1', { expiresIn: 3600 })
 * signer.signUrl('track1', { expiresIn: 3600, extension: 'mp3' })
 * const { url, expires } = signer.createLink('track1', { expiresIn: 3600 })
 */
export function createSigner(options: SignerOptions): Signer {
  const { secret, baseUrl, now } = readOptions('createSigner', options, signerOptions)
  const [{ key }] = secret
  const base = baseUrl === undefined ? undefined : removeTrailingSlashes(baseUrl)

  function sign(id: string, expiry: GivenExpiry | undefined): SignedParameters {
    const expires = resolveExpiry(expiry, now())
    return { expires, sig: signatureOf(key, id, expires) }
  }

  function createLink(id: string, options: LinkOptions | undefined): SignedLink {
    if (base === undefined) throw new TypeError('Cannot sign a URL: createSigner was made without baseUrl')
    const { extension, ...expiry } = options ?? {}
    const ending = extension === undefined ? '' : `.${checkExtension(extension)}`
    const { expires, sig } = sign(id, expiry)
    return { url: `${base}/${encodeURIComponent(id)}${ending}?expires=${expires}&sig=${sig}`, expires, sig }
  }

  function signUrl(id: string, options: LinkOptions): string {
    return createLink(id, options).url
  }

  return Object.freeze({ sign, createLink, signUrl })
}

/**
 * Computes the signature alone: lower-case hex of HMAC-SHA256(secret, `{id}|{expires}`).
 *
 * @param expires seconds since the epoch; may be past
 * @throws TypeError or RangeError if no verifier would accept the secret, the id or the number
 * @example
 * computeSignature('0123456789abcdef0123456789abcdef', 'track1', 1609459200)
 * // '48b8dbc12a7422917d6016e43d021bd26f40a0cceea290481f5b9a714716719d'
 */
export function computeSignature(secret: Secret, id: string, expires: number): string {
  const [{ key }] = readKeyring(secret, 'computeSignature')
  checkExpires('expires', expires)
  return signatureOf(key, id, expires)
}

function signatureOf(key: Parameters<typeof computeMac>[0], id: string, expires: number): string {
  checkId(id)
  return computeMac(key, id, expires).toString('hex')
}

/** @throws RangeError */
export function checkId(id: string): void {
  if (!isTrackId(id)) throw new RangeError(`Cannot sign: id must be ${TRACK_ID_RULE}, got ${showId(id)}`)
}

/** Characters of a wrong id in an error: enough to find its row in a database. */
const SHOWN_ID = 48

/** A wrong id, short and escaped, and the likely remedy. */
function showId(id: unknown): string {
  if (typeof id !== 'string') return `${describe(id)}: pass a string`
  const shown = `"${toPrintable(id, SHOWN_ID)}"`
  if (id.length > SHOWN_ID) return `${shown}…, ${Array.from(id).length} characters`
  const extension = id.slice(id.lastIndexOf('.') + 1)
  if (/[/ ]/.test(id)) return `${shown}: idFromPath makes an id of a path`
  return audioExtensionOf(id) !== undefined
    ? `${shown}: leave out ".${extension}", which signUrl adds by the option extension`
    : shown
}

export function checkExtension(extension: unknown): string {
  if (isListedExtension(extension)) return extension
  const meant = typeof extension === 'string' ? audioExtensionOf(`.${extension}`) : undefined
  const remedy = meant === undefined ? '' : `: write "${meant}"`
  const expected = `must be one of ${AUDIO_EXTENSIONS.join(', ')}, got ${describe(extension)}${remedy}`
  throw optionError(RangeError, 'sign', 'extension', expected)
}

export function removeTrailingSlashes(url: string): string {
  let end = url.length
  while (url[end - 1] === '/') end--
  return url.slice(0, end)
}

function isBaseUrl(value: unknown): value is string {
  if (typeof value !== 'string' || /[?#\s]/.test(value)) return false
  if (value === '' || value.startsWith('/')) return true
  return /^https?:\/\//i.test(value) && URL.canParse(value)
}
