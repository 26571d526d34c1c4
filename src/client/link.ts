/** Validates what `sign` gave, and computes when the next link is due by the clock of this device. */
import type { Random } from './random.ts'

/** A signed link, as the app's server sends it. */
export interface SignedLink {
  readonly url: string
  /**
   * Seconds since the epoch, by the server's clock.
   * @defaultValue the `expires` parameter of the url
   */
  readonly expires?: number | undefined
  /** Seconds that the link lives from now on: with it, the clocks of server and browser need not agree. */
  readonly expiresIn?: number | undefined
  /**
   * Seconds since the epoch, by the server's clock, until which a listener who began before the expiry may continue, as
   * `createLink` returns it.
   * @defaultValue the expiry
   */
  readonly playUntil?: number | undefined
}

/** A link that the element got. */
export interface RenewedLink {
  /** Absolute. */
  readonly url: string
  /** Seconds since the epoch, by the server's clock; undefined if unknown. */
  readonly expires: number | undefined
}

/** Milliseconds since the epoch, by this device's clock. */
export interface Term {
  readonly renewAt: number
  readonly endsAt: number
}

export interface Link extends RenewedLink {
  /** For an element that has received nothing by this link; undefined if unknown. */
  readonly toBegin: Term | undefined
  /** For an element that has; undefined if unknown. */
  readonly toContinue: Term | undefined
}

export interface ReadLinkOptions {
  /** Milliseconds since the epoch, when `sign` was called. */
  readonly askedAt: number
  /** Milliseconds since the epoch, when the link came. */
  readonly now: number
  /** Seconds. */
  readonly leeway: number
  /** The base of a relative url. */
  readonly baseUrl: string
  readonly random: Random
}

/** The year 5138 in seconds, March 1973 in milliseconds: a larger number is in milliseconds by mistake. */
const MAX_EXPIRES = 1e11
/** Milliseconds. Without it, a `sign` that keeps giving the same link is called ever faster towards its expiry. */
const MIN_INTERVAL = 1000
/**
 * The part of the leeway over which renewals are spread: a thousand players whose links expire together must not all
 * sign in one second. The rest is for `sign`: by default 15 s, as long as its time-out.
 */
const SPREAD = 0.5

/** @throws TypeError or RangeError that names what is wrong in the result of `sign` */
export function readLink(result: unknown, { askedAt, now, leeway, baseUrl, random }: ReadLinkOptions): Link {
  const given = (typeof result === 'string' ? { url: result } : result) as Partial<SignedLink> | null
  if (typeof given?.url !== 'string' || !URL.canParse(given.url, baseUrl)) {
    throw new TypeError('Cannot play: sign must give a url, or { url, expires }')
  }
  const url = new URL(given.url, baseUrl)
  const expiresIn = readSeconds('expiresIn', given.expiresIn)
  const expires = readSeconds('expires', given.expires) ?? expiresOf(url)
  const playUntil = readSeconds('playUntil', given.playUntil)

  function termUntil(endsAt: number | undefined): Term | undefined {
    const life = (endsAt ?? now) - now
    // A new link that has expired means that a clock is wrong: then only a failure can show the expiry.
    if (endsAt === undefined || life <= 0) return undefined
    const ahead = Math.min(leeway * 1000, life / 2)
    const renewAt = Math.max(endsAt - ahead + random() * ahead * SPREAD, now + MIN_INTERVAL)
    return { renewAt, endsAt }
  }

  // The life began before the response came: count it from the request, to be early rather than late.
  const expiresAt = expiresIn === undefined ? inMilliseconds(expires) : askedAt + expiresIn * 1000
  const toBegin = termUntil(expiresAt)
  const endsAt = endOf(playUntil, expires, expiresAt)
  return { url: url.href, expires, toBegin, toContinue: endsAt === expiresAt ? toBegin : termUntil(endsAt) }
}

/**
 * When a listener who began can no longer continue; never before the expiry.
 *
 * @param playUntil seconds by the server's clock, as `expires`
 * @param expiresAt milliseconds by this device's clock
 */
function endOf(
  playUntil: number | undefined,
  expires: number | undefined,
  expiresAt: number | undefined,
): number | undefined {
  if (playUntil === undefined) return expiresAt
  if (expiresAt === undefined) return playUntil * 1000
  // By the difference of two times of the server, which need not agree with this clock.
  const end = expires === undefined ? playUntil * 1000 : expiresAt + (playUntil - expires) * 1000
  return Math.max(end, expiresAt)
}

function inMilliseconds(seconds: number | undefined): number | undefined {
  return seconds === undefined ? undefined : seconds * 1000
}

function expiresOf(url: URL): number | undefined {
  const text = url.searchParams.get('expires') ?? ''
  return /^\d{1,11}$/.test(text) ? Number(text) : undefined
}

function readSeconds(name: string, value: unknown): number | undefined {
  if (value === undefined || value === null) return undefined
  if (typeof value !== 'number' || !(value >= 0)) {
    throw new TypeError(`Cannot play: ${name} that sign gave must be seconds, got ${show(value)}`)
  }
  if (value > MAX_EXPIRES) {
    throw new RangeError(`Cannot play: ${name} that sign gave is too large for seconds: ${value}`)
  }
  return value
}

/** For a message. `JSON.stringify` alone throws for a bigint or a circular object. */
function show(value: unknown): string {
  return typeof value === 'string'
    ? JSON.stringify(value)
    : typeof value === 'number'
      ? String(value)
      : typeof value
}
