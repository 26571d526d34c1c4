/** How long a copy may be kept: never longer than the link that fetched it is valid. */

export interface CachePolicy {
  /** Whether shared caches may keep a copy, and so serve it to others who hold the link. */
  readonly visibility: 'private' | 'public'
  /** Seconds. */
  readonly maxAge: number
}

/**
 * @param remaining seconds until the link expires; undefined where no signature was asked for
 */
export function formatCacheControl(
  { visibility, maxAge }: CachePolicy,
  remaining: number | undefined,
): string {
  const age = Math.max(0, Math.min(maxAge, remaining ?? maxAge))
  // no-transform: a compressing middleware or proxy would break every Content-Range.
  return `${visibility}, no-transform, max-age=${age}`
}
