/** Conditional requests (RFC 9110, section 13), judged before any range. */
import { isEntityTag, matchesStrongly, matchesTagList } from './entity-tag'
import { parseHttpDate } from './http-date'
import { trimWhiteSpace } from './list'
import type { Validators } from './representation'

/** The fields of a request that a response depends on, joined by `, ` when they were repeated; see {@link readRequestFields}. */
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
 * Judges a GET or HEAD in the order of section 13.2.2:
 *
 * 1. If-Match: strong; where no tag matches, 412.
 * 2. Without it, If-Unmodified-Since: where the date is passed, 412.
 * 3. If-None-Match: weak; where a tag matches, 304.
 * 4. Without it, If-Modified-Since: where the date is not passed, 304.
 * 5. If-Range is for {@link appliesRange}.
 *
 * A date that is none is ignored (sections 13.1.3 and 13.1.4).
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
    const limit = dateField(fields['if-unmodified-since'], now)
    if (limit !== undefined && lastModified !== undefined && lastModified > limit) return 'failed'
  }

  const ifNoneMatch = fields['if-none-match']
  if (ifNoneMatch !== undefined) {
    if (matchesTagList(ifNoneMatch, etag, 'weak')) return 'not-modified'
  } else {
    const since = dateField(fields['if-modified-since'], now)
    if (since !== undefined && lastModified !== undefined && lastModified <= since) return 'not-modified'
  }
  return 'proceed'
}

/**
 * Whether `Range` may be honoured: `If-Range` is absent, or names this very version (section 13.1.5). A date serves
 * only where it is exact and was over by at least a second (section 8.8.2.2), since a file may change twice in one.
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

function dateField(text: string | undefined, now: number): number | undefined {
  return text === undefined ? undefined : parseHttpDate(trimWhiteSpace(text), now)
}
