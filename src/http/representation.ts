/** A representation of a track (RFC 9110, section 3.2): the properties that a response depends on. */

/** The properties that distinguish one version of a representation from another (RFC 9110, section 8.8). */
export interface Validators {
  /** A strong entity tag, including its quotes. */
  readonly etag: string
  /** Seconds since the epoch; undefined if the storage does not know it. */
  readonly lastModified: number | undefined
}

/** One version of a track, as its source describes it. */
export interface Representation extends Validators {
  /** Bytes. */
  readonly size: number
  readonly mediaType: string
  /** The name under which a client saves the track; undefined if the client may choose it. */
  readonly fileName?: string | undefined
}
