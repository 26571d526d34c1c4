/** Has a planned response delivered, lists it while it is in progress, and reports how it ended. */
import type { ServerResponse } from 'node:http'
import { Delivery, type EndOutcome, type Pace } from '../delivery/deliver'
import { removeFields } from '../delivery/write-head'
import type { StreamError } from '../errors'
import type { SendPlan } from '../http/response-plan'
import type { ServedHeaders } from '../http/served-fields'
import type { Admitted } from '../links/body-admission'
import type { OpenStream } from '../links/stream-registry'
import type { OpenTrack } from '../source/source'
import { requestIdOf, shownAddress } from './attribution'
import type { Observer, ServedResponse } from './observer'
import type { ServedRequest } from './respond'
import { clientIp } from './stream-request'

/** A coding or framing that the app set before us would make every range wrong. */
const FOREIGN_FIELDS = ['Content-Encoding', 'Transfer-Encoding']

/** @param onFault called while nothing is written, in place of a response */
export type SendPlanned = (
  served: ServedRequest,
  track: OpenTrack,
  plan: SendPlan,
  admitted: Admitted | undefined,
  onFault: (failure: unknown) => void,
) => void

/** @param stallTimeout milliseconds; 0 for never */
export function createSendPlanned(stallTimeout: number, observer: Observer): SendPlanned {
  return function sendPlanned(served, track, plan, admitted, onFault) {
    const { req, res, id, grant, granted, startedAt, abort, stream } = served
    const { headers } = plan
    if (admitted?.cookie !== undefined) addCookie(res, headers, admitted.cookie)
    // A closed socket has none.
    const address = clientIp(req)
    let firstByteMs: number | undefined
    let listed: OpenStream | undefined

    function describeResponse(): ServedResponse {
      const linkName = granted?.link.name
      return { id, grant, linkName, address, status: plan.status, headers, firstByteMs }
    }

    function close(): void {
      track.close()
      if (listed !== undefined) granted?.guard.shares.close(listed)
    }

    removeFields(res, FOREIGN_FIELDS)
    const delivery = new Delivery(res, plan, track, abort, {
      stallTimeout,
      onHead: () => {
        firstByteMs = performance.now() - startedAt
        observer.request(req, describeResponse())
      },
      onEnd: ({ outcome, bytesSent, cause }) => {
        close()
        if (outcome !== 'complete') abort.abort()
        const durationMs = performance.now() - startedAt
        const response = describeResponse()
        if (firstByteMs === undefined) observer.request(req, response)
        observer.completion(req, response, { outcome, bytesSent, durationMs, cause })
        stream?.leave({ outcome, bytesSent })
      },
      onFault: failure => {
        close()
        onFault(failure)
      },
    })
    function end(outcome: EndOutcome, refusal: StreamError, pace: Pace): void {
      delivery.end(outcome, refusal, pace)
      abort.abort()
    }

    stream?.endBy((outcome, refusal) => {
      end(outcome, refusal, 'soon')
    })
    if (granted !== undefined && admitted !== undefined) {
      const use = { id, grant, linkName: granted.link.name }
      if (admitted.networks !== undefined) observer.shared(req, use, admitted.networks)
      listed = {
        link: granted.link,
        place: admitted.place,
        control: { end, bytesSent: delivery.bytesSent.bind(delivery) },
        describe: () => ({
          clientIp: shownAddress(address),
          requestId: requestIdOf(req),
          range: headers['Content-Range'] as string | undefined,
          startedAt: Math.round(performance.timeOrigin + startedAt),
        }),
      }
      granted.guard.shares.open(listed)
    }
    delivery.begin()
  }
}

/** Adds `cookie` beside those of the app. The plan is of this response alone, and a copy of it costs more than a cookie. */
function addCookie(res: ServerResponse, headers: ServedHeaders, cookie: string): void {
  const given = res.getHeader('Set-Cookie')
  const others = given === undefined ? [] : [given].flat().map(String)
  headers['Set-Cookie'] = others.length === 0 ? cookie : [...others.filter(each => each !== cookie), cookie]
}
