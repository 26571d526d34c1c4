/** Conditional requests (RFC 9110, section 13). They are evaluated before any range. */
import { isEntityTag, matchesStrongly, matchesTagList } from './entity-tag'
import { parseHttpDate } from './http-date'
import { trimWhiteSpace } from './list'
import type { Validators } from './representation'

/** The fields of a request that a response depends on. Repeated lines are joined by `, `; see {@link readRequestFields}. */
export interface RequestFields {
  readonly range?: string | undefined
  readonly 'if-match'?: string | undefined
  readonly 'if-none-match'?: string | undefined
  readonly 'if-modified-since'?: string | undefined
  readonly 'if-unmodified-since'?: string | undefined
  readonly 'if-range'?: string | readonly string[] | undefined
}

export type PreconditionOutcome = 'proceed' | 'not-modified' | 'failed'

/**
 * Evaluates the preconditions of a GET or HEAD in the order of section 13.2.2:
 *
 * 1. If-Match, by strong comparison: 412 if no tag matches.
 * 2. If-Unmodified-Since, only without If-Match: 412 if the track was modified after the date.
 * 3. If-None-Match, by weak comparison: 304 if a tag matches.
 * 4. If-Modified-Since, only without If-None-Match: 304 if the track was not modified after the date.
 * 5. If-Range: see {@link appliesRange}.
 *
 * An invalid date is ignored (sections 13.1.3 and 13.1.4).
 *
 * @param now seconds since the epoch
 */
export function evaluatePreconditions(
  fields: RequestFields,
  { etag, lastModified }: Validators,
  now: number,
): PreconditionOutcome {
  const ifMatch = fields['if-match']
  if (ifMatch !== undefined) {
    if (!matchesTagList(ifMatch, etag, 'strong')) return 'failed'
  } else {
    const limit = readDate(fields['if-unmodified-since'], now)
    if (limit !== undefined && lastModified !== undefined && lastModified > limit) return 'failed'
  }

  const ifNoneMatch = fields['if-none-match']
  if (ifNoneMatch !== undefined) {
    if (matchesTagList(ifNoneMatch, etag, 'weak')) return 'not-modified'
  } else {
    const since = readDate(fields['if-modified-since'], now)
    if (since !== undefined && lastModified !== undefined && lastModified <= since) return 'not-modified'
  }
  return 'proceed'
}

/**
 * Whether `Range` applies: `If-Range` is absent, or names the current version (section 13.1.5). A date must be equal to
 * the date of the file and at least one second in the past, because a file may change twice within one second
 * (section 8.8.2.2).
 *
 * @param now seconds since the epoch
 */
export function appliesRange(
  fields: RequestFields,
  { etag, lastModified }: Validators,
  now: number,
): boolean {
  const ifRange = fields['if-range']
  if (ifRange === undefined) return true
  const text = trimWhiteSpace(String(ifRange))
  if (isEntityTag(text)) return matchesStrongly(text, etag)
  return lastModified !== undefined && parseHttpDate(text, now) === lastModified && lastModified < now
}

function readDate(text: string | undefined, now: number): number | undefined {
  return text === undefined ? undefined : parseHttpDate(trimWhiteSpace(text), now)
}
