/** Makes a storage of the protocol from a source of the app: with memory, shared reads, retries and time limits. */
import { isThenable } from '../../callbacks'
import type { Grant } from '../../signing/link-verifier'
import {
  SourceError,
  type Cancellation,
  type OpenTrack,
  type Source,
  type TrackDescription,
  type TrackRequest,
} from '../source'
import type { LocateContext, MaybePromise, TrackLocation, TrackSource } from '../track-source'
import { KnownTracks } from './known-tracks'
import { linkAbort } from './link-abort'
import { openTrack } from './open-track'
import { RemoteMemory, type SourceLimits } from './remote-memory'
import { RemoteTrack } from './remote-track'
import type { OnFetch } from './report'
import type { VersionLease } from './remote-version'
import { readLocation } from './source-track'
import { wantedRange } from './wanted-range'
import { TimeLimitExceeded, within } from './within'

/** Milliseconds. */
const TRUSTED_FOR = 10_000

const DEFAULT_LIMITS: SourceLimits = { firstByte: 2000, idle: 5000, total: 8000 }

export interface RemoteSourceSettings {
  /** Bytes that may be kept in memory; at least 8 MiB are used. */
  readonly cacheBytes: number
  /** Called at the end of each call of the source; must not throw. */
  readonly onFetch: OnFetch
  /** Milliseconds, by a clock that nobody sets back; that of `performance` if undefined. */
  readonly now?: () => number
}

export function createRemoteSource(source: TrackSource, settings: RemoteSourceSettings): Source {
  const { cacheBytes, onFetch, now = () => performance.now() } = settings
  const limits = readLimits(source)
  const memory = new RemoteMemory(cacheBytes, limits, onFetch)
  const known = new KnownTracks(
    (lookup, cancellation) => openTrack(source, memory, lookup, cancellation),
    source.trustFor ?? TRUSTED_FOR,
    now,
  )

  function open(request: TrackRequest, cancellation: Cancellation): MaybePromise<OpenTrack | undefined> {
    const deadline = performance.now() + limits.total
    const location = locate(source, request, cancellation)
    if (isThenable(location)) return openLater(location, request, cancellation, deadline)
    if (location === undefined) return undefined
    const lease = known.recall(location.key)
    if (lease === undefined) return openLater(location, request, cancellation, deadline)
    return lease === 'missing' ? undefined : new RemoteTrack(lease, location, deadline)
  }

  async function openLater(
    locating: MaybePromise<TrackLocation | undefined>,
    request: TrackRequest,
    cancellation: Cancellation,
    deadline: number,
  ): Promise<OpenTrack | undefined> {
    const wait = new AbortController()
    const unlink = linkAbort(cancellation.signal, wait)
    const timer = setTimeout(() => {
      wait.abort(new TimeLimitExceeded(`The storage gave no track within ${limits.total} ms`))
    }, deadline - performance.now())
    try {
      const location = await within(limits.total, wait.signal, Promise.resolve(locating), 'location')
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

function locate(
  source: TrackSource,
  { id, grant }: TrackRequest,
  cancellation: Cancellation,
): MaybePromise<TrackLocation | undefined> {
  if (source.locate === undefined) return { key: id }
  try {
    const location = source.locate(id, new Locating(grant, cancellation))
    return isThenable(location) ? Promise.resolve(location).then(readAnswer) : readAnswer(location)
  } catch (error) {
    throw toUnavailable(error)
  }
}

/** JavaScript may say null for what does not exist. */
function readAnswer(location: TrackLocation | null | undefined): TrackLocation | undefined {
  return location === undefined || location === null ? undefined : readLocation(location)
}

/** Has a signal only for those who read it. */
class Locating implements LocateContext {
  readonly grant: Grant | undefined
  readonly #cancellation: Cancellation

  constructor(grant: Grant | undefined, cancellation: Cancellation) {
    this.grant = grant
    this.#cancellation = cancellation
  }

  get signal(): AbortSignal {
    return this.#cancellation.signal
  }
}

function readLimits({ timeouts }: TrackSource): SourceLimits {
  const { firstByte, idle, total } = timeouts ?? {}
  return {
    firstByte: firstByte ?? DEFAULT_LIMITS.firstByte,
    idle: idle ?? DEFAULT_LIMITS.idle,
    total: total ?? DEFAULT_LIMITS.total,
  }
}

/** Whatever a source throws costs a 503 and a line in the log. */
function toUnavailable(error: unknown): SourceError {
  return error instanceof SourceError ? error : new SourceError('unavailable', { cause: error })
}

function dateOf(seconds: number | undefined): Date | undefined {
  return seconds === undefined ? undefined : new Date(seconds * 1000)
}
