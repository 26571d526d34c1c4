/** How long a cache may keep a copy: never longer than the link that fetched it is valid. */

export interface CachePolicy {
  /** `public` allows shared caches to keep a copy and to serve it to everybody who has the link. */
  readonly visibility: 'private' | 'public'
  /** Seconds. */
  readonly maxAge: number
}

/** @param remaining seconds until the link expires; undefined if the route needs no signature */
export function formatCacheControl(
  { visibility, maxAge }: CachePolicy,
  remaining: number | undefined,
): string {
  const age = Math.max(0, Math.min(maxAge, remaining ?? maxAge))
  // no-transform: a compressing middleware or proxy would break every Content-Range.
  return `${visibility}, no-transform, max-age=${age}`
}
