/** Makes links with terms: the options of one link, as its URL. */
import { randomBytes } from 'node:crypto'
import type { ListedExtension } from '../http/media-type'
import { optionError } from '../options'
import { scopeOf } from '../signing/authenticate-link'
import { readSeconds, resolveExpiry, type Expiry } from '../signing/expiry'
import type { Keyring } from '../signing/keyring'
import { SIGNER_AHEAD } from '../signing/link-checks'
import { signLink } from '../signing/sign-link'
import { checkExtension, checkId } from '../signing/signer'
import { TERM_OPTIONS, writeTerms, type TermOptions } from '../signing/term-options'
import { opensSeveral, type LinkTerms } from '../signing/terms'
import { checkStableFor, livesTooLong } from './lifetime'

export type NewLinkOptions = Expiry &
  TermOptions & {
    /**
     * Written behind the id, for players that look at the path: in lower or upper case, without a dot. It is not signed.
     * @defaultValue none
     */
    readonly extension?: ListedExtension | undefined
    /**
     * Which secret signs, by its name.
     * @defaultValue the first
     */
    readonly keyId?: string | undefined
    /**
     * For how long a page gets the same URL, and so the browser its copy: seconds, or a text such as `'1h'`. The time of
     * signing is rounded down to a multiple of it, and the expiry up. So a link may live up to twice `stableFor` longer
     * than `expiresIn`, which `maxTtl` must allow.
     */
    readonly stableFor?: number | string | undefined
  }

/** A link and what is in it. */
export interface NewLink {
  readonly url: string
  /** Seconds since the epoch; the link is valid up to and including this second. */
  readonly expires: number
  /** The last second, since the epoch, at which a listener who began in time may continue; `expires` without `playFor`. */
  readonly playUntil: number
  /** The text that says what the link allows. */
  readonly terms: string
  /** 64 lower-case hexadecimal digits. */
  readonly sig: string
  /** `expires=…&terms=…&sig=…` */
  readonly query: string
  /** If it has one. */
  readonly linkId: string | undefined
  /**
   * The URL of another track that the link opens, by `tracks`, `prefix` or `set`. Whether a track is of a set, only the
   * server knows. This is not enumerable, so that JSON and copies of a link have its data.
   *
   * @param options `extension`, written behind the id; by default, that of the link
   * @throws RangeError if the link does not open the track
   */
  readonly urlFor: (id: string, options?: UrlOptions) => string
}

export interface UrlOptions {
  /** @defaultValue that of the link */
  readonly extension?: ListedExtension | undefined
}

export interface LinkMakerSettings {
  readonly secret: Keyring
  readonly baseUrl: string
  readonly now: () => number
  /** Seconds. */
  readonly maxTtl: number
  /** Seconds for which listeners may continue after the expiry of a link with these terms. */
  readonly sessionLength: (terms: LinkTerms) => number
  /** The second until which links like this are revoked; undefined if they are not. */
  readonly revokedUntil: (handles: Handles) => number | undefined
  /** Called if the time of signing is ahead of the clock, so that the next revocation covers the link. */
  readonly onAhead?: (handles: Handles, signedAt: number) => void
}

export interface Handles {
  readonly link: string | undefined
  readonly listener: string | undefined
  readonly track: string
  readonly key: string | undefined
}

const LINK_ID_BYTES = 9

const KNOWN: readonly string[] = [
  ...TERM_OPTIONS,
  'expiresIn',
  'expiresAt',
  'extension',
  'keyId',
  'stableFor',
]

/** @throws TypeError or RangeError that names the option that is wrong */
export function makeLink(
  id: string,
  given: NewLinkOptions | undefined,
  settings: LinkMakerSettings,
): NewLink {
  checkId(id)
  const options: Partial<NewLinkOptions> = given ?? {}
  const unknown = Object.keys(options).find(name => !KNOWN.includes(name))
  // A misspelt option must not give a link more than intended.
  if (unknown !== undefined) {
    throw new TypeError(
      `Cannot sign: unknown option ${JSON.stringify(unknown)}, known are ${KNOWN.join(', ')}`,
    )
  }
  const { expiresIn, expiresAt, extension, keyId, stableFor, ...terms } = options
  const now = settings.now()
  const { key, keyId: keyName } = chooseKey(settings.secret, keyId)
  const step = stableFor === undefined ? undefined : readSeconds('stableFor', stableFor)
  const exact = resolveExpiry({ expiresIn, expiresAt }, now)
  const expires = step === undefined ? exact : Math.ceil(exact / step) * step
  const linkId = terms.linkId ?? nameFor(terms, step)
  const signedAt = signingTime(now, step, settings, {
    link: linkId,
    listener: terms.listener,
    track: id,
    key: keyName,
  })
  if (step !== undefined && expiresIn !== undefined) checkStableFor(exact - now, step, settings.maxTtl)
  else if (expires - Math.min(now, signedAt) > settings.maxTtl) throw livesTooLong(options, settings.maxTtl)
  const { notBefore } = terms
  if (notBefore !== undefined && notBefore > expires) {
    throw optionError(
      RangeError,
      'sign',
      'notBefore',
      `is after the expiry: ${notBefore} is later than ${expires}`,
    )
  }
  const written = writeTerms(
    { ...terms, linkId },
    { signedAt, ...(keyName !== undefined && { keyId: keyName }) },
  )
  checkScope(id, written.terms)
  const playUntil = expires + settings.sessionLength(written.terms)
  const { sig, query } = signLink(key, id, expires, written.text)

  function urlOf(track: string, end: unknown): string {
    const ending = end === undefined ? '' : `.${checkExtension(end)}`
    return `${settings.baseUrl}/${encodeURIComponent(track)}${ending}?${query}`
  }
  function urlFor(track: string, { extension: own = extension }: UrlOptions = {}): string {
    checkId(track)
    if (track !== id && scopeOf(track, written.terms) === 'closed') {
      throw new RangeError(`Cannot sign: the link does not open "${track}"; name it by tracks, prefix or set`)
    }
    return urlOf(track, own)
  }
  const link = { url: urlOf(id, extension), expires, playUntil, terms: written.text, sig, query, linkId }
  return Object.defineProperty(link, 'urlFor', { value: urlFor }) as NewLink
}

function chooseKey(keys: Keyring, keyId: string | undefined): Keyring[0] {
  if (keyId === undefined) return keys[0]
  const named = keys.find(key => key.keyId === keyId)
  if (named !== undefined) return named
  throw optionError(RangeError, 'sign', 'keyId', 'names none of the secrets')
}

/** Uses are counted by the name of the link. */
function nameFor({ uses, linkId }: TermOptions, step: number | undefined): string | undefined {
  if (uses === undefined || linkId !== undefined) return linkId
  if (step !== undefined) {
    throw optionError(TypeError, 'sign', 'uses', 'needs a linkId if the URL is to be stable')
  }
  return randomBytes(LINK_ID_BYTES).toString('base64url')
}

/** Now; or the beginning of the time for which the URL is stable; or after the second until which it is revoked. */
function signingTime(
  now: number,
  step: number | undefined,
  { revokedUntil, onAhead }: LinkMakerSettings,
  handles: Handles,
): number {
  if (step !== undefined) return Math.floor(now / step) * step
  const revoked = revokedUntil(handles)
  if (revoked === undefined || revoked < now || revoked >= now + SIGNER_AHEAD) return now
  onAhead?.(handles, revoked + 1)
  return revoked + 1
}

/** The track of the path is one of those that the link opens. Only the app knows what is of a set. */
function checkScope(id: string, terms: LinkTerms): void {
  if (!opensSeveral(terms) || scopeOf(id, terms) !== 'closed') return
  const option = terms.tracks === undefined ? 'prefix' : 'tracks'
  throw optionError(RangeError, 'sign', option, `must open the track of the URL, "${id}"`)
}
