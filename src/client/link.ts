/** What `sign` gave, read once: which link it is, and when by this device's clock the next one is due. */
import type { Random } from './random.ts'

/** A signed link, as the app's server gives it. */
export interface SignedLink {
  readonly url: string
  /**
   * Seconds since the epoch, by the server's clock.
   * @defaultValue the `expires` parameter of the url
   */
  readonly expires?: number | undefined
  /** Seconds that it lives from now on: with it, the clocks of server and browser need not agree. */
  readonly expiresIn?: number | undefined
}

/** A link that was put in. */
export interface RenewedLink {
  /** Absolute. */
  readonly url: string
  /** Seconds since the epoch, by the server's clock; undefined where nothing tells. */
  readonly expires: number | undefined
}

export interface Link extends RenewedLink {
  /** Milliseconds since the epoch, by this device's clock; undefined if unknown. */
  readonly renewAt: number | undefined
  /** Milliseconds since the epoch, by this device's clock; undefined if unknown. */
  readonly expiresAt: number | undefined
}

export interface Signing {
  /** Milliseconds since the epoch, when the link was asked for. */
  readonly askedAt: number
  /** Milliseconds since the epoch, when it came. */
  readonly now: number
  /** Seconds. */
  readonly leeway: number
  /** What a relative url is relative to. */
  readonly baseUrl: string
  readonly random: Random
}

/** The year 5138 in seconds, or March 1973 in milliseconds: larger means milliseconds were given. */
const MAX_EXPIRES = 1e11
/** A `sign` that gives the same link again and again must not be called ever faster towards its expiry. */
const MIN_INTERVAL = 1000
/**
 * The part of the leeway over which renewals are spread: a thousand players whose links expire together must not all
 * sign in one second. The rest of it stays for signing, which has 15 s by default, its own time-out.
 */
const SPREAD = 0.5

/** @throws TypeError or RangeError that says what is wrong with what `sign` gave */
export function readLink(result: unknown, { askedAt, now, leeway, baseUrl, random }: Signing): Link {
  const given = (typeof result === 'string' ? { url: result } : result) as Partial<SignedLink> | null
  if (typeof given?.url !== 'string' || !URL.canParse(given.url, baseUrl)) {
    throw new TypeError('Cannot play: sign must give a url, or { url, expires }')
  }
  const url = new URL(given.url, baseUrl)
  const expiresIn = judgeSeconds('expiresIn', given.expiresIn)
  const expires = judgeSeconds('expires', given.expires) ?? expiresOf(url)

  // A life is counted from before the request, for the time that the response took is gone from it.
  const expiresAt =
    expiresIn !== undefined ? askedAt + expiresIn * 1000 : expires === undefined ? undefined : expires * 1000
  const life = (expiresAt ?? now) - now
  // A fresh link that has expired means a clock that is wrong: then only its failure can show that it has expired.
  if (expiresAt === undefined || life <= 0)
    return { url: url.href, expires, renewAt: undefined, expiresAt: undefined }
  const ahead = Math.min(leeway * 1000, life / 2)
  const renewAt = Math.max(expiresAt - ahead + random() * ahead * SPREAD, now + MIN_INTERVAL)
  return { url: url.href, expires, renewAt, expiresAt }
}

function expiresOf(url: URL): number | undefined {
  const text = url.searchParams.get('expires') ?? ''
  return /^\d{1,11}$/.test(text) ? Number(text) : undefined
}

function judgeSeconds(name: string, value: unknown): number | undefined {
  if (value === undefined || value === null) return undefined
  if (typeof value !== 'number' || !(value >= 0)) {
    throw new TypeError(`Cannot play: ${name} that sign gave must be seconds, got ${show(value)}`)
  }
  if (value > MAX_EXPIRES) {
    throw new RangeError(`Cannot play: ${name} that sign gave is too large for seconds: ${value}`)
  }
  return value
}

/** Never throws, as JSON does for a bigint, or for what refers to itself. */
function show(value: unknown): string {
  return typeof value === 'string'
    ? JSON.stringify(value)
    : typeof value === 'number'
      ? String(value)
      : typeof value
}
