/** Where tracks come from: the interface between the protocol and a storage. */
import type { ByteRange } from '../http/byte-range'
import type { Representation } from '../http/representation'
import type { Grant } from '../signing/authenticate-link'

/**
 * Who started the work aborts `signal` when it is not needed any more: for a response, when its client disconnects. An
 * AbortController fits, and is cheaper to pass than its signal: Node makes the signal only when somebody reads it, which
 * a storage that responds at once never does.
 */
export interface Cancellation {
  readonly signal: AbortSignal
}

/** Which track is requested, and what a storage may want to know of the request. */
export interface TrackRequest {
  readonly id: string
  /** What the signature permits; undefined if none is required. */
  readonly grant: Grant | undefined
  /** The `Range` field of a GET: a storage far away reads the first bytes along with the description. */
  readonly range: string | undefined
  /** Milliseconds, by the clock of `performance`. */
  readonly startedAt: number
}

/** A storage of tracks. */
export interface Source {
  /** Absolute, if the tracks are files below it. */
  readonly directory?: string
  /**
   * Opens a track, at once or later. The caller closes it, also if it has aborted the opening in the meantime. An opening
   * that is aborted may reject with the reason of the signal, or open the track all the same.
   *
   * @returns undefined if there is no such track
   * @throws SourceError `unavailable` if the storage cannot tell; thrown, or as a rejection
   */
  open(
    request: TrackRequest,
    cancellation: Cancellation,
  ): OpenTrack | undefined | Promise<OpenTrack | undefined>
  /**
   * Describes what {@link Source.open} would open, without keeping it ready for a later request.
   *
   * @throws SourceError `unavailable` if the storage cannot tell
   */
  describe(request: TrackRequest, cancellation: Cancellation): Promise<TrackDescription | undefined>
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
  /** The name of its file, without a directory; undefined if the storage has no such name. */
  readonly fileName: string | undefined
}

/** One version of a track, held open: if its name gets other content, these bytes can be read all the same. */
export interface OpenTrack {
  readonly representation: Representation
  /** Of a file, below {@link Source.directory}, with `/` between its segments, none of which was a link. */
  readonly path?: string | undefined
  /** Reads the bytes of `range`, which must lie inside the representation. */
  read(range: ByteRange, cancellation: Cancellation): TrackReader
  /** Frees what the track holds. Never throws. Reads in progress may still end. A second call does nothing. */
  close(): void
}

/** Reads one range, one chunk after another: each call of `next` waits for the one before it. */
export interface TrackReader {
  /**
   * The next bytes, which must not be written to; undefined after the last. At once if they are in memory. The last
   * bytes are given only if all bytes given are known to be of one version: a response that could mix two versions
   * never becomes complete.
   *
   * @param isEager true if the client took all former bytes at once, and they were recycled: such a client is fast, and
   * more than usual may be read
   * @throws SourceError `truncated`, `changed` or `read_error`; thrown, or as a rejection. After a signal that was
   * aborted, it may also be the reason of the signal
   */
  next(isEager: boolean): Uint8Array | undefined | Promise<Uint8Array | undefined>
  /**
   * Called when nobody will look at the last bytes again, so that their memory can hold others. It is not called if
   * somebody may still look at them.
   */
  recycle(): void
  /** Frees what the last bytes hold. A read in progress then gives nothing of value. A second call does nothing. */
  close(): void
}

/**
 * What a storage failed to do:
 *
 * - `unavailable`: to find or open a track; it may exist
 * - `truncated`, `changed`: to give more of the version that was opened. Another version can be opened
 * - `read_error`: to read; this does not say whether the track has changed
 */
export type SourceErrorKind = 'unavailable' | 'truncated' | 'changed' | 'read_error'

export interface SourceErrorDetails {
  /** The underlying error; for logs and events, never shown to a client. */
  readonly cause?: unknown
  /** Seconds after which the storage may work again; clients get it as `Retry-After`. */
  readonly retryAfter?: number | undefined
  /**
   * Whether the storage denies access, as 401 and 403 do: what is known of the track is then not served in its place.
   * @defaultValue false
   */
  readonly isDenied?: boolean | undefined
  /**
   * Whether another attempt would fail in the same way, because of a setting of the storage, for example: then there is
   * none, and the response is 503 at once.
   * @defaultValue the value of `isDenied`
   */
  readonly isPermanent?: boolean | undefined
}

/**
 * The error of a storage. One thrown before the first byte becomes a 503 (or, for `changed` and `truncated`, a second
 * attempt); after it, the connection closes before the last byte, and the kind is the outcome of the response.
 */
export class SourceError extends Error {
  override readonly name = 'SourceError'
  readonly kind: SourceErrorKind
  readonly retryAfter: number | undefined
  readonly isDenied: boolean
  readonly isPermanent: boolean

  constructor(kind: SourceErrorKind, details: SourceErrorDetails = {}) {
    const { cause, retryAfter, isDenied = false, isPermanent = isDenied } = details
    const reason = cause instanceof Error ? `${kind} (${cause.message})` : kind
    super(`Cannot read track: ${reason}`, cause === undefined ? undefined : { cause })
    this.kind = kind
    this.retryAfter = retryAfter
    this.isDenied = isDenied
    this.isPermanent = isPermanent
  }
}

/** Whether the storage has another version of the track by now, or none: it can be opened again. */
export function isOutdated(error: unknown): boolean {
  return error instanceof SourceError && (error.kind === 'changed' || error.kind === 'truncated')
}

/** @param kind of an error that a storage did not name */
export function toSourceError(error: unknown, kind: SourceErrorKind): SourceError {
  return error instanceof SourceError ? error : new SourceError(kind, { cause: error })
}
