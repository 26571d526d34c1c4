/** Limits how long a request waits for a disk: one that hangs must not make its listeners hang, and its network mount may. */
import { setMaxListeners } from 'node:events'
import { withTimeLimit } from '../../time-limit'
import { linkAbort } from '../link-abort'
import { SourceError, type Cancellation } from '../source'

/** Milliseconds, as those of other storages by default. */
export const DISK_TIMEOUT = 8000

export function tooLate(): SourceError {
  return new SourceError('unavailable', {
    cause: new Error(`The disk did not respond within ${DISK_TIMEOUT} ms`),
  })
}

/**
 * Waits for `work`, which may go on after its time: its signal aborts then, or when that of `cancellation` does.
 *
 * @param onLate called with what `work` resolves with after its time
 * @throws what `work` rejects with, or SourceError `unavailable`
 */
export async function inTime<Value>(
  { signal }: Cancellation,
  work: (signal: AbortSignal) => Promise<Value>,
  onLate: (value: Value) => void = () => undefined,
): Promise<Value> {
  const abort = new AbortController()
  // Each name of a track may wait for a turn.
  setMaxListeners(0, abort.signal)
  const unlink = linkAbort(signal, abort)
  const working = work(abort.signal)
  try {
    return await withTimeLimit(DISK_TIMEOUT, working, () => {
      const error = tooLate()
      abort.abort(error)
      void working.then(onLate, () => undefined)
      return error
    })
  } finally {
    unlink()
  }
}

/**
 * Waits for `work` while it makes progress, however long it takes. It may go on afterwards, but its signal aborts then, or when
 * that of `cancellation` does.
 *
 * @param progress rises with each step of the work
 * @param onLate called with what `work` resolves with after the wait
 * @throws what `work` rejects with, or SourceError `unavailable` after a time without progress
 */
export function whileItMoves<Value>(
  { signal }: Cancellation,
  work: (cancellation: Cancellation) => Promise<Value>,
  progress: () => number,
  onLate: (value: Value) => void,
): Promise<Value> {
  const abort = new AbortController()
  const unlink = linkAbort(signal, abort)
  return new Promise((resolve, reject) => {
    let before = progress()
    let isLate = false
    const timer = setInterval(() => {
      const now = progress()
      isLate = now === before
      before = now
      if (!isLate) return
      clearInterval(timer)
      const error = tooLate()
      abort.abort(error)
      reject(error)
    }, DISK_TIMEOUT)
    void work(abort)
      .then(value => {
        if (isLate) onLate(value)
        else resolve(value)
      }, reject)
      .finally(() => {
        clearInterval(timer)
        unlink()
      })
  })
}
