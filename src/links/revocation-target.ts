/** What `revoke` takes, as an entry of the list. */
import { MAX_SECONDS } from '../clock'
import { describe, isRecord } from '../option-rules'
import { optionError } from '../options'
import { TERMS } from '../signing/term-values'
import { isTrackId, TRACK_ID_RULE } from '../track-id'
import type { RevocationEntry } from './state/link-state'

/** What to revoke: exactly one of these. Links that are signed later stay valid. */
export type RevocationTarget =
  | { /** The URL of one link. */ readonly link: string | URL }
  | { /** The name of a link. */ readonly linkId: string }
  | { /** All links of a listener. */ readonly listener: string }
  | { /** All links to a track. */ readonly track: string }
  | { /** All links that the secret of this name signed. */ readonly keyId: string }
  | { /** All links that were signed at this second, since the epoch, or earlier. */ readonly before: number }

/** What is known of the link of a URL. */
export interface RevokedLink {
  readonly name: string
  readonly signedAt: number | undefined
  /** The last second in which anything can be played by it. */
  readonly playUntil: number
}

export interface RevocationContext {
  /** Seconds since the epoch. */
  readonly now: number
  /** Seconds for which any link is valid after it is signed, sessions included; Infinity if nobody knows. */
  readonly longestLife: number
  /** Undefined for a URL that is no authentic link. */
  readonly readLink: (url: string) => RevokedLink | undefined
}

export interface RevocationOptions {
  readonly until: number | undefined
  readonly endsStreams: boolean
}

/** Seconds by which the clocks of nodes may differ, for how long an entry is kept. */
export const CLOCK_DIFFERENCE = 120

const KINDS = {
  link: 'link',
  linkId: 'link',
  listener: 'listener',
  track: 'track',
  keyId: 'key',
  before: 'all',
} as const

/** @throws TypeError that names what is wrong */
export function toRevocation(
  target: RevocationTarget,
  { until, endsStreams }: RevocationOptions,
  { now, longestLife, readLink }: RevocationContext,
): RevocationEntry {
  // A program in JavaScript may pass anything.
  const given = isRecord(target) ? Object.entries(target).filter(([, each]) => each !== undefined) : []
  const [[name, value] = []] = given
  if (given.length !== 1 || name === undefined || !Object.hasOwn(KINDS, name)) {
    const got = isRecord(target) ? given.map(([each]) => each).join(' and ') || 'none' : describe(target)
    throw new TypeError(`Cannot revoke: give exactly one of ${Object.keys(KINDS).join(', ')}, got ${got}`)
  }
  const kind = KINDS[name as keyof typeof KINDS]
  if (until !== undefined && !Number.isSafeInteger(until)) {
    throw optionError(TypeError, 'revoke', 'until', `must be seconds since the epoch, got ${describe(until)}`)
  }
  if (name === 'before') {
    if (!Number.isSafeInteger(value) || value < 0 || value > MAX_SECONDS) {
      throw optionError(TypeError, 'revoke', name, `must be seconds since the epoch, got ${describe(value)}`)
    }
    const before = value as number
    return { kind, value: '', before, until: until ?? endOf(before, longestLife), endsStreams }
  }
  if (name === 'link') {
    const link = readLink(String(value))
    if (link === undefined) {
      throw optionError(TypeError, 'revoke', name, 'must be a link that was signed with one of the secrets')
    }
    const before = Math.max(now, link.signedAt ?? 0)
    return { kind, value: link.name, before, until: until ?? link.playUntil, endsStreams }
  }
  // What no link can say would be revoked in silence, and open what the app meant as before.
  const term = TERMS.find(({ option }) => option === name)
  const { isName, expected } = term
    ? { isName: (text: string) => term.read(text, {}) !== undefined, expected: term.expected }
    : { isName: isTrackId, expected: TRACK_ID_RULE }
  if (typeof value !== 'string' || !isName(value)) {
    throw optionError(TypeError, 'revoke', name, `must be ${expected}, got ${describe(value)}`)
  }
  return { kind, value, before: now, until: until ?? endOf(now, longestLife), endsStreams }
}

function endOf(before: number, longestLife: number): number | undefined {
  return Number.isFinite(longestLife) ? before + longestLife : undefined
}
