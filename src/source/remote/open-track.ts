/** Asks a source for the current version of a track, in as many attempts as that takes. */
import { setTimeout as pause } from 'node:timers/promises'
import type { Representation } from '../../http/representation'
import type { Cancellation } from '../source'
import type { SourceTrack, TrackSource } from '../track-source'
import type { Found, Lookup } from './known-tracks'
import { linkAbort } from '../link-abort'
import type { ReadPermit } from './read-queue'
import type { RemoteMemory } from './remote-memory'
import { closeTrack, RemoteVersion } from './remote-version'
import { Report } from './report'
import { readPrefix, readSourceTrack } from './source-track'
import { isStorageFault } from './storage-fault'
import { BLOCK_BYTES, bytesWanted, shorten } from './wanted-range'
import { TimeLimitExceeded, within } from './within'

/**
 * @returns undefined if there is no such track
 * @throws the error of the source, TimeLimitExceeded, or the reason of `cancellation`
 */
export async function openTrack(
  source: TrackSource,
  memory: RemoteMemory,
  lookup: Lookup,
  cancellation: Cancellation,
): Promise<Found | undefined> {
  const { retries } = memory
  retries.noteRead()
  for (let attempt = 1; ; attempt++) {
    try {
      return await tryToOpen(source, memory, lookup, cancellation, attempt)
    } catch (error) {
      const isFinal = cancellation.signal.aborted || (lookup.hasStandIn && isStorageFault(error))
      const delay = isFinal ? undefined : retries.delayAfter(error, attempt)
      if (delay === undefined) throw error
      await pause(delay, undefined, { signal: cancellation.signal })
    }
  }
}

async function tryToOpen(
  source: TrackSource,
  memory: RemoteMemory,
  { id, key, want, known, hasStandIn }: Lookup,
  cancellation: Cancellation,
  attempt: number,
): Promise<Found | undefined> {
  // However many tracks are requested while the storage fails, known versions are served soon.
  const patience = hasStandIn ? memory.limits.firstByte : undefined
  const permit = await requestPermit(memory, bytesWanted(want), cancellation.signal, patience)
  const report = new Report(memory.onFetch, id, 'open', attempt)
  // Lives longer than the opening: until the prefix has ended.
  const abort = new AbortController()
  const unlink = linkAbort(cancellation.signal, abort)
  let opening: Promise<SourceTrack | undefined> | undefined
  let isTaken = false
  try {
    const context = {
      signal: abort.signal,
      key,
      want: shorten(want, permit.bytes),
      // Without the wanted bytes, it is cheaper to get the description along with them than to ask twice.
      known: known?.hasStartOf(want) === true ? known.track : undefined,
    }
    opening = Promise.resolve(source.open(id, context))
    const limit = memory.limits.firstByte * Math.min(attempt, 2)
    const track = await within(limit, abort.signal, opening, 'track')
    report.noteFirstByte()
    const found = readAnswer(track, known)
    if (found === 'not_found' || found === 'unchanged') {
      report.end(found, 0)
      return found === 'not_found' ? undefined : { kind: 'unchanged' }
    }
    const { track: current, representation } = found
    const prefix = readPrefix(current, representation.size)
    isTaken = true
    if (known !== undefined && isSameVersion(known.representation, representation)) {
      known.keepPrefix(current, prefix, permit, { abort, report })
      return { kind: 'unchanged' }
    }
    const lease = RemoteVersion.take(id, current, representation, memory)
    lease.held.keepPrefix(current, prefix, permit, { abort, report })
    return { kind: 'found', lease }
  } catch (error) {
    if (cancellation.signal.aborted) report.end('aborted', 0)
    else report.fail(0, error)
    throw error
  } finally {
    unlink()
    if (!isTaken) {
      abort.abort(new Error('The track is not needed'))
      closeWhenOpen(opening, known?.track)
      permit.end()
    }
  }
}

/** JavaScript may say null for what does not exist. */
function readAnswer(
  track: SourceTrack | null | undefined,
  known: RemoteVersion | undefined,
): 'not_found' | 'unchanged' | { readonly track: SourceTrack; readonly representation: Representation } {
  if (track === undefined || track === null) return 'not_found'
  if (track === known?.track) return 'unchanged'
  return { track, representation: readSourceTrack(track) }
}

function isSameVersion(a: Representation, b: Representation): boolean {
  return a.etag === b.etag && a.size === b.size
}

/** Also a track that comes after its time. */
function closeWhenOpen(
  opening: Promise<SourceTrack | undefined> | undefined,
  known: SourceTrack | undefined,
): void {
  opening?.then(
    track => {
      if (track !== known) closeTrack(track)
    },
    () => undefined,
  )
}

/**
 * Waits until it is the turn of this read.
 *
 * @param patience milliseconds; as long as it takes if undefined
 * @throws TimeLimitExceeded, or the reason of the signal
 */
async function requestPermit(
  memory: RemoteMemory,
  bytes: number,
  signal: AbortSignal,
  patience: number | undefined,
): Promise<ReadPermit> {
  signal.throwIfAborted()
  const end = new AbortController()
  const unlink = linkAbort(signal, end)
  const timer =
    patience === undefined
      ? undefined
      : setTimeout(() => {
          end.abort(new TimeLimitExceeded(`It was not the turn of this read within ${patience} ms`))
        }, patience)
  try {
    return await new Promise<ReadPermit>((resolve, reject) => {
      const withdraw = memory.queue.request(bytes, BLOCK_BYTES, resolve)
      end.signal.addEventListener('abort', () => {
        withdraw()
        reject(end.signal.reason as Error)
      })
    })
  } finally {
    clearTimeout(timer)
    unlink()
  }
}
