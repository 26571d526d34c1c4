/** What a middleware does with a refusal: the app's error handler writes it. */
import type { Observer } from '../pipeline/observer'
import type { Refusal } from '../pipeline/refusal'
import type { StreamRequest } from '../pipeline/stream-request'

export function passRefusal(
  observer: Observer,
  req: StreamRequest,
  refusal: Refusal,
  next: (error: unknown) => void,
): void {
  observer.refusal(req, refusal)
  next(refusal.error)
}
