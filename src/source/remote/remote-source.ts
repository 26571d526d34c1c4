/** Makes a storage of the protocol from a source of the app: with memory, shared reads, retries and time limits. */
import { isThenable } from '../../callbacks'
import {
  SourceError,
  type Cancellation,
  type OpenTrack,
  type Source,
  type TrackDescription,
  type TrackRequest,
} from '../source'
import type { MaybePromise, TrackLocation, TrackSource } from '../track-source'
import { KnownTracks } from './known-tracks'
import { linkAbort } from './link-abort'
import { openTrack } from './open-track'
import { Locating, locate } from './locate'
import { RemoteMemory } from './remote-memory'
import { RemoteTrack } from './remote-track'
import type { OnFetch } from './report'
import type { VersionLease } from './remote-version'
import { readSourceSettings } from './source-settings'
import { wantedRange } from './wanted-range'
import { TimeLimitExceeded, within } from './within'

export interface RemoteSourceSettings {
  /** Bytes that may be kept in memory; at least 8 MiB are used. */
  readonly cacheBytes: number
  /** Called at the end of each call of the source; must not throw. */
  readonly onFetch?: OnFetch
  /** Milliseconds, by a clock that nobody sets back; that of `performance` if undefined. */
  readonly now?: () => number
}

export function createRemoteSource(source: TrackSource, settings: RemoteSourceSettings): Source {
  const { cacheBytes, onFetch = () => undefined, now = () => performance.now() } = settings
  const { trustFor, limits } = readSourceSettings(source)
  const memory = new RemoteMemory(cacheBytes, limits, onFetch)
  const known = new KnownTracks(
    (lookup, cancellation) => openTrack(source, memory, lookup, cancellation),
    trustFor,
    now,
  )

  function open(request: TrackRequest, cancellation: Cancellation): MaybePromise<OpenTrack | undefined> {
    const deadline = performance.now() + limits.total
    const locating = new Locating(request, cancellation)
    try {
      const location = locate(source, request.id, locating)
      if (isThenable(location)) return openLater(location, request, cancellation, deadline, locating)
      if (location === undefined) return undefined
      const lease = known.recall(location.key)
      if (lease === undefined) return openLater(location, request, cancellation, deadline, locating)
      return lease === 'missing' ? undefined : new RemoteTrack(lease, location, deadline)
    } catch (error) {
      throw toUnavailable(error)
    }
  }

  async function openLater(
    located: MaybePromise<TrackLocation | undefined>,
    request: TrackRequest,
    cancellation: Cancellation,
    deadline: number,
    locating: Locating,
  ): Promise<OpenTrack | undefined> {
    const wait = new AbortController()
    const unlink = linkAbort(cancellation.signal, wait)
    const timer = setTimeout(() => {
      const error = new TimeLimitExceeded(`The storage gave no track within ${limits.total} ms`)
      wait.abort(error)
      locating.abort(error)
    }, deadline - performance.now())
    try {
      const location = await within(limits.total, wait.signal, Promise.resolve(located), 'location')
      if (location === undefined) return undefined
      const lease = known.recall(location.key) ?? (await ask(location, request, wait))
      return lease === undefined || lease === 'missing'
        ? undefined
        : new RemoteTrack(lease, location, deadline)
    } catch (error) {
      throw cancellation.signal.aborted ? error : toUnavailable(error)
    } finally {
      clearTimeout(timer)
      unlink()
    }
  }

  function ask(
    { key }: TrackLocation,
    { id, range }: TrackRequest,
    wait: Cancellation,
  ): Promise<VersionLease | undefined> {
    return known.ask({ id, key, want: wantedRange(range) }, wait)
  }

  async function describe(
    request: TrackRequest,
    cancellation: Cancellation,
  ): Promise<TrackDescription | undefined> {
    const track = await open(request, cancellation)
    track?.close()
    if (track === undefined) return undefined
    const { size, mediaType: type, etag, lastModified, fileName } = track.representation
    return { size, type, etag, lastModified: dateOf(lastModified), fileName }
  }

  return { open, describe }
}

/** Whatever a source throws costs a 503 and a line in the log. */
function toUnavailable(error: unknown): SourceError {
  return error instanceof SourceError ? error : new SourceError('unavailable', { cause: error })
}

function dateOf(seconds: number | undefined): Date | undefined {
  return seconds === undefined ? undefined : new Date(seconds * 1000)
}
