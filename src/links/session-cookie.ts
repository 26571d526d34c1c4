/**
 * The cookie by which a listener of a link is recognised: `{random}.{MAC}`, the MAC over `*|session|{link}|{random}`, so no
 * node has to remember it. The second field is no number: no link gives the same text.
 */
import { Buffer } from 'node:buffer'
import { randomFillSync, timingSafeEqual } from 'node:crypto'
import { macOf, SEVERAL_TRACKS } from '../signing/canonical'
import type { Keyring } from '../signing/keyring'
import type { LinkClient } from './link-client'

const NAME = 'ess'
/** 96 random bits, 128 of the MAC. */
const RANDOM_BYTES = 12
const MAC_BYTES = 16
const VALUE = /^([\w-]{16})\.([\w-]{22})$/

/** Cookies of one request that are looked at. */
const MAX_COOKIES = 50

export type CookieMode = boolean | 'secure'

export interface CookieSettings {
  readonly cookie: CookieMode
  /** The path below which the tracks are public; undefined for that of the request. */
  readonly cookiePath: string | undefined
}

/** @returns the random part, if the client shows a cookie of this link */
export function readSessionCookie(keys: Keyring, link: string, { cookies }: LinkClient): string | undefined {
  if (!cookies?.includes(`${NAME}=`)) return undefined
  for (const pair of cookies.split(';', MAX_COOKIES)) {
    const [, random, mac] = VALUE.exec(valueOf(pair)) ?? []
    if (random !== undefined && mac !== undefined && isAuthentic(keys, link, random, mac)) return random
  }
  return undefined
}

/**
 * @param random from {@link nextRandom}
 * @param isAlbum whether the link opens several tracks, which one session covers
 * @param seconds for which the cookie is worth something
 * @returns a field value for `Set-Cookie` (RFC 6265, section 4.1)
 */
export function makeSessionCookie(
  keys: Keyring,
  link: string,
  random: string,
  client: LinkClient,
  { cookie, cookiePath }: CookieSettings,
  isAlbum: boolean,
  seconds: number,
): string {
  const mac = macOfSession(keys[0].key, link, random).toString('base64url')
  const path = pathFor(client.path, cookiePath, isAlbum || COMPARES_QUERY.test(client.userAgent ?? ''))
  // A player on a page of another site returns only what is SameSite=None, and Chromium only what is Partitioned too.
  const isSecure = cookie === 'secure' || client.isSecure
  const site = isSecure ? 'SameSite=None; Secure; Partitioned' : 'SameSite=Lax'
  return `${NAME}=${random}.${mac}; Path=${path}; Max-Age=${seconds}; HttpOnly; ${site}`
}

function valueOf(pair: string): string {
  const [name, value = ''] = pair.trim().split('=', 2)
  return name === NAME ? value : ''
}

function isAuthentic(keys: Keyring, link: string, random: string, mac: string): boolean {
  const given = Buffer.from(mac, 'base64url')
  let isFound = false
  for (const { key } of keys) {
    if (timingSafeEqual(macOfSession(key, link, random), given)) isFound = true
  }
  return isFound
}

function macOfSession(key: Keyring[0]['key'], link: string, random: string): Buffer {
  return macOf(key, `${SEVERAL_TRACKS}|session|${link}|${random}`).subarray(0, MAC_BYTES)
}

/** Characters that no attribute of a cookie ends at, and no browser encodes again. */
const PLAIN_PATH = /^\/[\w.~%!$&'()*+:@=/-]*$/

/** VLC and players built on it compare Path with path and query, so that only a folder matches. */
const COMPARES_QUERY = /\bLibVLC\//

function pathFor(path: string, publicPath: string | undefined, isOfFolder: boolean): string {
  const end = path.lastIndexOf('/')
  const folder = publicPath ?? path.slice(0, end)
  const whole = isOfFolder ? folder : `${folder}${path.slice(end)}`
  if (PLAIN_PATH.test(whole)) return whole
  return PLAIN_PATH.test(folder) ? folder : '/'
}

/** Asking the system for each request would cost more than the MAC. */
const POOL_BYTES = RANDOM_BYTES * 256
const pool = Buffer.alloc(POOL_BYTES)
let used = POOL_BYTES

/** A new listener. */
export function nextRandom(): string {
  if (used === POOL_BYTES) {
    randomFillSync(pool)
    used = 0
  }
  used += RANDOM_BYTES
  return pool.toString('base64url', used - RANDOM_BYTES, used)
}
