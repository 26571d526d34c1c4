/** Reads the bytes of an extent, in as many attempts as that takes: each continues from the end of the one before it. */
import { setTimeout as pause } from 'node:timers/promises'
import { isOutdated, toSourceError } from '../source'
import type { Extent } from './extent'
import { linkAbort } from '../link-abort'
import { EndedEarly, receive } from './receive'
import type { RemoteVersion } from './remote-version'
import { Report } from './report'

/** A read that `open` of the source has begun. */
export interface BegunRead {
  readonly abort: AbortController
  readonly report: Report
  readonly body: unknown
}

/** Ends when the extent is loaded, has failed, or is abandoned. Never rejects. */
export async function loadExtent(extent: Extent, version: RemoteVersion, begun?: BegunRead): Promise<void> {
  const { retries, limits, onFetch } = version.memory
  const { abandoned } = extent
  if (begun === undefined) retries.noteRead()
  let read = begun
  for (let attempt = 1; ; attempt++) {
    const abort = read?.abort ?? new AbortController()
    const unlink = linkAbort(abandoned, abort)
    const report = read?.report ?? new Report(onFetch, version.id, 'read', attempt)
    const arrived = extent.arrivedEnd
    try {
      const { body } = read ?? {}
      // A storage that is slow, and not down, is given more time.
      const firstByte = limits.firstByte * Math.min(attempt, 2)
      await receive(extent, () => body ?? beginRead(extent, version, abort.signal), abort, {
        firstByte,
        idle: limits.idle,
        onFirstByte: () => {
          report.noteFirstByte()
        },
      })
      report.end('complete', extent.arrivedEnd - arrived)
      extent.finish()
      return
    } catch (error) {
      const bytes = extent.arrivedEnd - arrived
      if (abandoned.aborted) {
        report.end('aborted', bytes)
        extent.finish()
        return
      }
      report.fail(bytes, error)
      const fault = toSourceError(error, error instanceof EndedEarly ? 'truncated' : 'read_error')
      if (isOutdated(error)) version.outdate()
      // A prefix that nobody waits for is not worth another attempt.
      const delay = extent.hasReaders ? retries.delayAfter(error, attempt) : undefined
      if (delay === undefined) {
        extent.fail(fault)
        return
      }
      if (!(await waits(delay, abandoned))) {
        extent.finish()
        return
      }
    } finally {
      unlink()
    }
    read = undefined
  }
}

function beginRead(extent: Extent, { track }: RemoteVersion, signal: AbortSignal): unknown {
  return track.read({ first: extent.arrivedEnd, last: extent.end - 1 }, { signal })
}

/** @returns whether `signal` has not aborted meanwhile */
function waits(delay: number, signal: AbortSignal): Promise<boolean> {
  return pause(delay, true, { signal }).catch(() => false)
}
