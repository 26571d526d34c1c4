/** The public interface of a storage: what an app implements to serve tracks from wherever it keeps them. */
import type { Grant } from '../signing/authenticate-link'

export type MaybePromise<Value> = Value | Promise<Value>

/**
 * A storage of tracks. The router keeps what it reads in memory, reads once for all clients that wait for the same bytes,
 * retries, limits the time of each step, and closes the connection rather than send a mixture of two versions: a source
 * only finds tracks and reads ranges. `express-signed-stream/testing` holds the laws of a source as tests.
 *
 * `open` and `read` report what they cannot do by a `SourceError`; any other error counts as `unavailable` or `read_error`.
 */
export interface TrackSource {
  /**
   * What `open` depends on, if that is more than the id: the grant, or a row of a database. Called for each request,
   * after its signature is verified. What is known of a track is kept under `key`.
   * Without this method, the key is the id, and nothing but the id may decide what `open` returns.
   *
   * @returns undefined if there is no such track
   */
  locate?(id: string, context: LocateContext): MaybePromise<TrackLocation | undefined>
  /**
   * Finds a track and describes its current version. Called only for ids that `isTrackId` accepts, and once for all
   * requests that need it at the same time.
   *
   * @returns undefined if there is no such track; `context.known` if it has not changed
   * @throws SourceError `unavailable` if the storage cannot tell
   */
  open(id: string, context: OpenContext): MaybePromise<SourceTrack | undefined>
  /**
   * Milliseconds for which a known track is served without asking again: for as long, a client may get a version that
   * was replaced or deleted.
   * @defaultValue 10000
   */
  readonly trustFor?: number | undefined
  /** How long the storage may take. */
  readonly timeouts?: SourceTimeouts | undefined
}

export interface SourceTimeouts {
  /**
   * Milliseconds until a call of `open`, or the first bytes of a `read`; a retry gets twice as long.
   * @defaultValue 2000
   */
  readonly firstByte?: number | undefined
  /**
   * Milliseconds between two pieces of a body.
   * @defaultValue 5000
   */
  readonly idle?: number | undefined
  /**
   * Milliseconds until the head of a response, with all retries; 503 then.
   * @defaultValue 8000
   */
  readonly total?: number | undefined
}

/** Where a track is. */
export interface TrackLocation {
  /** Names the track among all tracks of the source: two ids with one key share what is kept in memory. */
  readonly key: string
  /** The media type; it takes precedence over that of the {@link SourceTrack}. */
  readonly type?: string | undefined
  /** The name under which a client saves the track, for `Content-Disposition`. */
  readonly fileName?: string | undefined
}

export interface LocateContext {
  /** Aborts when the client leaves, or when the time is up. */
  readonly signal: AbortSignal
  /** What the signature permits; undefined if none is required. */
  readonly grant: Grant | undefined
}

/** The bytes that will be read first. */
export interface WantedRange {
  /** Of the first byte; negative for so many bytes at the end. */
  readonly first: number
  /** Of the last byte; undefined for the end. */
  readonly last?: number | undefined
}

export interface OpenContext {
  /** Aborts when nobody waits any more. It lives until the `prefix` of the track has ended. */
  readonly signal: AbortSignal
  /** From {@link TrackSource.locate}, or the id. */
  readonly key: string
  /** What a source may read in the same request, and return as `prefix`. */
  readonly want: WantedRange
  /** What `open` returned before; returning it says that nothing has changed. */
  readonly known?: SourceTrack | undefined
}

/** One version of a track. */
export interface SourceTrack {
  /** Bytes. */
  readonly size: number
  /** A media type that is served, such as `audio/mpeg`. */
  readonly type: string
  /** A strong entity tag, with its quotes: another one whenever a byte is another (RFC 9110, section 8.8.3). */
  readonly etag: string
  readonly lastModified?: Date | undefined
  /** The name under which a client saves the track, unless the location has one. */
  readonly fileName?: string | undefined
  /**
   * Reads exactly the bytes from `first` to `last` of this version, in order, or throws. It may be called again, also
   * at the same time. The pieces may not be written to afterwards.
   *
   * @throws SourceError `changed` if the storage has another version by now
   */
  read(
    range: { readonly first: number; readonly last: number },
    context: ReadContext,
  ): AsyncIterable<Uint8Array>
  /** Bytes that `open` got besides, usually of the wanted range. */
  readonly prefix?: TrackPrefix | undefined
  /** Called once, when the version is not needed any more; reads in progress are aborted before. */
  close?(): void
}

export interface ReadContext {
  /** Aborts when nobody waits for the bytes any more. */
  readonly signal: AbortSignal
}

export interface TrackPrefix {
  readonly first: number
  readonly last: number
  readonly bytes: Uint8Array | AsyncIterable<Uint8Array>
}
