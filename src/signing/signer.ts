/** Makes signed links. What no verifier would accept is refused here, where the mistake is made. */
import { judgeOptions, rules } from '../options'
import { isTrackId } from '../track-id'
import { computeMac } from './canonical'
import { wholeSeconds, type Clock } from './clock'
import { createKeyring, secretRule, type Secret } from './keyring'

export interface SignerOptions {
  /** The secret shared with the server, 32 bytes or more; of a list, the first signs. */
  readonly secret: Secret | readonly Secret[] | undefined
  /** Where the router is mounted: an absolute http(s) URL, or a path such as `/stream`. Needed by `signUrl` only. */
  readonly baseUrl?: string | undefined
  /**
   * The clock, in seconds since the epoch.
   * @defaultValue the system's
   */
  readonly now?: Clock | undefined
}

/** When a link expires: exactly one of the two. */
export type Expiry =
  | { /** Seconds from now, 1 or more. */ readonly expiresIn: number; readonly expiresAt?: undefined }
  | { /** Seconds since the epoch, not past. */ readonly expiresAt: number; readonly expiresIn?: undefined }

/** The two query parameters of a signed link. */
export interface SignedParameters {
  /** Seconds since the epoch; the link is valid up to and including this second. */
  readonly expires: number
  /** 64 lower-case hexadecimal digits. */
  readonly sig: string
}

export interface Signer {
  /**
   * @returns the parameters that open `id` until the expiry
   * @throws TypeError where both or none of expiresIn and expiresAt are given
   * @throws RangeError where no verifier would accept the id or the expiry
   */
  sign(id: string, expiry: Expiry): SignedParameters
  /**
   * @returns `{baseUrl}/{id}?expires={seconds}&sig={hex}`
   * @throws as `sign`, and TypeError where the signer was made without baseUrl
   */
  signUrl(id: string, expiry: Expiry): string
}

/** The year 5138 in seconds, or March 1973 in milliseconds: larger means milliseconds were given. */
const MAX_EXPIRES = 1e11

/**
 * Makes a signer of links.
 *
 * @throws TypeError or RangeError that names the option that is wrong
 * @example
 * const signer = createSigner({ secret, baseUrl: 'https://api.example.com/stream' })
 * signer.signUrl('track1', { expiresIn: 3600 })
 */
export function createSigner(options: SignerOptions): Signer {
  const settings = judgeOptions<SignerOptions>('createSigner', options, {
    secret: secretRule,
    baseUrl: { accepts: isBaseUrl, expected: 'an http(s) URL or a path, without query and fragment' },
    now: rules.function,
  })
  const [key] = createKeyring(settings.secret, 'createSigner')
  const base = settings.baseUrl?.replace(/\/+$/, '')
  const now = wholeSeconds(settings.now)

  function sign(id: string, expiry: Expiry): SignedParameters {
    const expires = resolveExpiry(expiry, now())
    return { expires, sig: signatureOf(key, id, expires) }
  }

  function signUrl(id: string, expiry: Expiry): string {
    if (base === undefined) throw new TypeError('Cannot sign a URL: createSigner was made without baseUrl')
    const { expires, sig } = sign(id, expiry)
    return `${base}/${encodeURIComponent(id)}?expires=${expires}&sig=${sig}`
  }

  return Object.freeze({ sign, signUrl })
}

/**
 * The signature itself: lower-case hex of HMAC-SHA256(secret, `{id}|{expires}`).
 *
 * @param expires seconds since the epoch; may be past
 * @throws TypeError or RangeError where no verifier would accept the secret, the id or the number
 * @example
 * computeSignature('0123456789abcdef0123456789abcdef', 'track1', 1609459200)
 * // '48b8dbc12a7422917d6016e43d021bd26f40a0cceea290481f5b9a714716719d'
 */
export function computeSignature(secret: Secret, id: string, expires: number): string {
  const [key] = createKeyring(secret, 'computeSignature')
  judgeExpires('expires', expires)
  return signatureOf(key, id, expires)
}

function signatureOf(key: Parameters<typeof computeMac>[0], id: string, expires: number): string {
  if (!isTrackId(id)) {
    throw new RangeError('Cannot sign: id must be 1 to 128 letters, digits, "_" or "-"')
  }
  return computeMac(key, id, expires).toString('hex')
}

function resolveExpiry(expiry: Expiry | undefined, now: number): number {
  const given: { readonly expiresIn?: number | undefined; readonly expiresAt?: number | undefined } =
    expiry ?? {}
  const { expiresIn, expiresAt, ...others } = given
  const [unknown] = Object.keys(others)
  // A misspelt option must not leave a link with another lifetime than was meant.
  if (unknown !== undefined) throw new TypeError(`Cannot sign: unknown option ${JSON.stringify(unknown)}`)
  if (expiresIn !== undefined && expiresAt === undefined) {
    if (!Number.isSafeInteger(expiresIn) || expiresIn < 1) {
      throw new RangeError(
        `Cannot sign: expiresIn must be a whole number of seconds, 1 or more, got ${String(expiresIn)}`,
      )
    }
    return judgeExpires('expiresIn', now + expiresIn)
  }
  if (expiresAt !== undefined && expiresIn === undefined) {
    judgeExpires('expiresAt', expiresAt)
    if (expiresAt < now) throw new RangeError(`Cannot sign: expiresAt ${expiresAt} is past, now is ${now}`)
    return expiresAt
  }
  throw new TypeError('Cannot sign: give exactly one of expiresIn and expiresAt')
}

function judgeExpires(name: string, expires: number): number {
  if (!Number.isSafeInteger(expires) || expires < 0) {
    throw new RangeError(`Cannot sign: ${name} must be whole seconds since the epoch, got ${String(expires)}`)
  }
  if (expires > MAX_EXPIRES) {
    throw new RangeError(
      `Cannot sign: ${name} is too large for seconds (${expires}); are these milliseconds?`,
    )
  }
  return expires
}

function isBaseUrl(value: unknown): boolean {
  if (typeof value !== 'string' || /[?#\s]/.test(value)) return false
  if (value === '' || value.startsWith('/')) return true
  return /^https?:\/\//i.test(value) && URL.canParse(value)
}
