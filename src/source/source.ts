/** Where tracks come from: the seam between the protocol and a storage. */
import type { ByteRange } from '../http/byte-range'
import type { Representation } from '../http/response-plan'

/** A storage of tracks. */
export interface Source {
  /**
   * @returns the track, which the caller closes; undefined where there is none
   * @throws SourceFault `unavailable` where the storage cannot tell
   */
  open(id: string, signal: AbortSignal): Promise<OpenTrack | undefined>
}

/** One version of a track, held open: whatever happens to its name, these bytes are read. */
export interface OpenTrack {
  readonly representation: Representation
  /** The bytes of `range`, which must lie inside the representation. */
  read(range: ByteRange, signal: AbortSignal): TrackReader
  /** Frees what is held. Never throws; reads under way may still end. */
  close(): Promise<void>
}

export interface TrackReader {
  /**
   * The next bytes; undefined after the last. The last ones are given only when all that were given are known to be
   * of this version.
   *
   * @throws SourceFault `truncated`, `changed` or `read_error`
   */
  next(): Promise<Uint8Array | undefined>
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
