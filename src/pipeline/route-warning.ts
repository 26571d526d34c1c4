/** A mistake that is easy to make: a route with parameters leads to a handler that is to be mounted. */
import { warnOnce } from '../warn-once'
import type { StreamRequest } from './stream-request'

/** @returns warns once if a route such as `app.get('/stream/:id', …)` leads to the handler, which then sees no path of its own */
export function createRouteWarning(maker: string): (req: StreamRequest) => void {
  const warn = warnOnce('EXPRESS_SIGNED_STREAM_ROUTE')
  return function warnOfRoute({ route, params }) {
    if (route === undefined || params?.['id'] === undefined) return
    warn(
      () =>
        `${maker}: a route with the parameter "id" leads here, so the path has more than the id: ` +
        "mount it by app.use('/stream', …) in place of app.get('/stream/:id', …)",
    )
  }
}
