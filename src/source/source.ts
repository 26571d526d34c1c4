/** Where tracks come from: the seam between the protocol and a storage. */
import type { ByteRange } from '../http/byte-range'
import type { Representation } from '../http/representation'

/** Aborted when the client leaves. An AbortController is one itself, and makes its signal only when that is asked for. */
export interface Cancellation {
  readonly signal: AbortSignal
}

/** A storage of tracks. */
export interface Source {
  /**
   * @returns the track, which the caller closes; undefined where there is none; at once where it is known
   * @throws SourceFault `unavailable` where the storage cannot tell
   */
  open(id: string, cancellation: Cancellation): OpenTrack | undefined | Promise<OpenTrack | undefined>
  /**
   * What {@link Source.open} would open, without keeping it ready for anybody.
   *
   * @throws SourceFault `unavailable` if the storage cannot tell
   */
  describe(id: string, cancellation: Cancellation): Promise<TrackDescription | undefined>
}

/** What is known of a track without reading it. */
export interface TrackDescription {
  /** Bytes. */
  readonly size: number
  /** Media type, such as `audio/mpeg`. */
  readonly type: string
  /** Strong entity tag, with its quotes. */
  readonly etag: string
  readonly lastModified: Date | undefined
  /** Name of the file that holds it, without its directory; undefined if the storage has no such name. */
  readonly fileName: string | undefined
}

/** One version of a track, held open: whatever happens to its name, these bytes are read. */
export interface OpenTrack {
  readonly representation: Representation
  /** The bytes of `range`, which must lie inside the representation. */
  read(range: ByteRange, cancellation: Cancellation): TrackReader
  /** Frees what is held. Never throws; reads under way may still end. May be called twice. */
  close(): void
}

export interface TrackReader {
  /**
   * The next bytes, not to be written to; undefined after the last; at once where they are in memory. The last
   * ones are given only when all that were given are known to be of this version.
   *
   * @param isEager whether the client took the former bytes at once and they were recycled, so that more may be read
   * @throws SourceFault `truncated`, `changed` or `read_error`
   */
  next(isEager: boolean): Uint8Array | undefined | Promise<Uint8Array | undefined>
  /** Told that nobody will look at the bytes given last any more, so that what held them may hold others. */
  recycle(): void
  /** Frees what the last bytes hold. May be called twice. */
  close(): void
}

/** What a storage did to a request. */
export type SourceFaultKind = 'unavailable' | 'truncated' | 'changed' | 'read_error'

export class SourceFault extends Error {
  override readonly name = 'SourceFault'
  readonly kind: SourceFaultKind

  constructor(kind: SourceFaultKind, cause?: unknown) {
    super(`Cannot read track: ${kind}`, cause === undefined ? undefined : { cause })
    this.kind = kind
  }
}
