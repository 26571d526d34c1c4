/** Signed links of one id and expiry: HMAC-SHA256 for all but nginx, which has only MD5. */
import { createHash } from 'node:crypto'
import { computeSignature } from '../../../src'

export const SECRET = '0123456789abcdef0123456789abcdef'

/** A path with its query; `isForged` gives a signature of the right form that is wrong. */
export type MakeLink = (id: string, expires: number, isForged?: boolean) => string

export function hmacLink(id: string, expires: number, isForged = false): string {
  const signature = isForged ? '0'.repeat(64) : computeSignature(SECRET, id, expires)
  return `/stream/${id}?expires=${expires}&sig=${signature}`
}

export function md5Link(id: string, expires: number, isForged = false): string {
  const digest = createHash('md5').update(`${id}|${expires} ${SECRET}`).digest('base64url')
  return `/stream/${id}?expires=${expires}&sig=${isForged ? '0'.repeat(22) : digest}`
}

/** An hour from now, in seconds. */
export function inAnHour(): number {
  return Math.floor(Date.now() / 1000) + 3600
}
