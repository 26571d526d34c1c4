/** Waits on behalf of a request while nothing is written: no longer than its client does, or its stream may last. */
import { isClosed } from '../delivery/transport'
import type { ServedRequest } from './respond'

export interface Awaited<T> {
  readonly onValue: (value: T) => void
  /** Called in place of `onValue` if the client has left, or the stream was ended. */
  readonly onLate: (value: T) => void
  /** Called with what the promise rejects with, or with the refusal of a stream that was ended. */
  readonly onFault: (error: unknown) => void
}

/** None of the callbacks may throw, but for `onValue`, whose error goes to `onFault`. */
export function awaitFor<T>(
  { res, abort, stream }: ServedRequest,
  promise: Promise<T>,
  { onValue, onLate, onFault }: Awaited<T>,
): void {
  function onClose(): void {
    abort.abort()
    stream?.leave()
  }

  res.once('close', onClose)
  stream?.endBy({
    end(_outcome, refusal) {
      abort.abort()
      onFault(refusal)
    },
  })
  promise
    .finally(() => {
      res.off('close', onClose)
    })
    .then(value => {
      if (isClosed(res) || stream?.isEnded === true) onLate(value)
      else onValue(value)
    })
    .catch((error: unknown) => {
      // The client has left, which is no fault.
      const isGone = isClosed(res) || (abort.signal.aborted && error === abort.signal.reason)
      if (!isGone && stream?.isEnded !== true) onFault(error)
    })
}
