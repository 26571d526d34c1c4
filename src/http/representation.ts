/** A representation of a track (RFC 9110, section 3.2), as far as a response depends on it. */

/** What tells one version of a representation from another. */
export interface Validators {
  /** A strong entity tag, with its quotes. */
  readonly etag: string
  /** Seconds since the epoch; undefined if the storage does not know it. */
  readonly lastModified: number | undefined
}

/** One version of a track, as its source describes it. */
export interface Representation extends Validators {
  /** Bytes. */
  readonly size: number
  readonly mediaType: string
}
