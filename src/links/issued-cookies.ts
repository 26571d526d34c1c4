/**
 * The cookies of clients that show none. If the address counts, clients behind one address are one listener of a link,
 * so they may have one cookie: a player that returns none costs a MAC once a minute, and not for each range.
 */
import type { AuthenticLink } from '../signing/authenticate-link'
import type { LinkClient } from './link-client'
import type { RecognitionSettings } from './recognise'
import { makeSessionCookie, nextRandom } from './session-cookie'

export interface IssuedCookie {
  /** By which its listener is recognised. */
  readonly random: string
  /** For `Set-Cookie`. */
  readonly field: string
}

interface LastCookie extends IssuedCookie {
  readonly address: string
  readonly path: string
  readonly isSecure: boolean
  readonly userAgent: string | undefined
  /** Seconds since the epoch. */
  readonly issuedAt: number
}

/** Seconds: by as much a browser may keep a cookie longer than its session. */
const REUSED_FOR = 60

export class IssuedCookies {
  readonly #settings: RecognitionSettings
  /** The last one of each link; forgotten with the memory of verified links. */
  readonly #last = new WeakMap<AuthenticLink, LastCookie>()

  constructor(settings: RecognitionSettings) {
    this.#settings = settings
  }

  /**
   * @param seconds for which the cookie is worth something
   * @param now seconds since the epoch
   */
  issue(link: AuthenticLink, client: LinkClient, seconds: number, now: number): IssuedCookie {
    const { address, path, isSecure, userAgent } = client
    if (!this.#settings.sessions.address || address === undefined) return this.#make(link, client, seconds)
    const last = this.#last.get(link)
    const isReusable =
      last?.address === address &&
      last.path === path &&
      last.isSecure === isSecure &&
      last.userAgent === userAgent &&
      Math.abs(now - last.issuedAt) < REUSED_FOR
    if (isReusable) return last
    const issued = { ...this.#make(link, client, seconds), address, path, isSecure, userAgent, issuedAt: now }
    this.#last.set(link, issued)
    return issued
  }

  #make({ name, isAlbum }: AuthenticLink, client: LinkClient, seconds: number): IssuedCookie {
    const { secret, sessions } = this.#settings
    const random = nextRandom()
    return { random, field: makeSessionCookie(secret, name, random, client, sessions, isAlbum, seconds) }
  }
}
