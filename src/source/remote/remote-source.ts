/** Makes a storage of the protocol from a source of the app: with memory, shared reads, retries and time limits. */
import { isThenable } from '../../callbacks'
import { toDate } from '../../http/http-date'
import { CallContext } from '../call-context'
import {
  toSourceError,
  type Cancellation,
  type OpenTrack,
  type Source,
  type TrackDescription,
  type TrackRequest,
} from '../source'
import type { MaybePromise, TrackLocation, TrackSource, WantedRange } from '../track-source'
import { untilAborted } from '../until-aborted'
import { KnownTracks } from './known-tracks'
import { linkAbort } from '../link-abort'
import { openTrack } from './open-track'
import { locate } from './locate'
import { RemoteMemory } from './remote-memory'
import { RemoteTrack } from './remote-track'
import type { OnFetch } from './report'
import { readSourceSettings } from './source-settings'
import { ONE_BYTE, wantedRange } from './wanted-range'
import { TimeLimitExceeded } from './within'

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

  /** @param toWant returns what the source reads along with the description */
  function find(
    request: TrackRequest,
    toWant: (range: string | undefined) => WantedRange,
    cancellation: Cancellation,
  ): MaybePromise<OpenTrack | undefined> {
    const deadline = request.startedAt + limits.total
    const locating = new CallContext(request.grant, cancellation)
    try {
      const location = locate(source, request.id, locating)
      if (!isThenable(location)) {
        locating.settle()
        if (location === undefined) return undefined
        const lease = known.recall({ id: request.id, key: location.key })
        if (lease === 'missing') return undefined
        if (lease !== undefined) return new RemoteTrack(lease, location, deadline)
      }
      return findLater(location, request, toWant, cancellation, locating)
    } catch (error) {
      locating.settle()
      throw toSourceError(error, 'unavailable')
    }
  }

  async function findLater(
    located: MaybePromise<TrackLocation | undefined>,
    { id, range, startedAt }: TrackRequest,
    toWant: (range: string | undefined) => WantedRange,
    cancellation: Cancellation,
    locating: CallContext,
  ): Promise<OpenTrack | undefined> {
    const deadline = startedAt + limits.total
    const wait = new AbortController()
    const unlink = linkAbort(cancellation.signal, wait)
    const timer = setTimeout(() => {
      const error = new TimeLimitExceeded(`The storage gave no track within ${limits.total} ms`)
      wait.abort(error)
      locating.abort(error)
    }, deadline - performance.now())
    try {
      const location = await untilAborted(located, wait.signal)
      if (location === undefined) return undefined
      const { key } = location
      const lease = known.recall({ id, key }) ?? (await known.ask({ id, key, want: toWant(range) }, wait))
      return lease === undefined || lease === 'missing'
        ? undefined
        : new RemoteTrack(lease, location, deadline)
    } catch (error) {
      throw cancellation.signal.aborted ? error : toSourceError(error, 'unavailable')
    } finally {
      clearTimeout(timer)
      locating.settle()
      unlink()
    }
  }

  function open(request: TrackRequest, cancellation: Cancellation): MaybePromise<OpenTrack | undefined> {
    return find(request, wantedRange, cancellation)
  }

  async function describe(
    request: TrackRequest,
    cancellation: Cancellation,
  ): Promise<TrackDescription | undefined> {
    // A list of a library must not read it.
    const track = await find(request, () => ONE_BYTE, cancellation)
    track?.close()
    if (track === undefined) return undefined
    const { size, mediaType: type, etag, lastModified, fileName } = track.representation
    return { size, type, etag, lastModified: toDate(lastModified), fileName }
  }

  return { open, describe }
}
