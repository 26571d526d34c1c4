/** Reports each request: on the diagnostics channels, and to a logger if there is one. No fault of either costs a response. */
import {
  hasSubscribers,
  publishCompletion,
  publishFetch,
  publishRefusal,
  publishRequest,
  warnOfSubscriber,
  type StreamCompletionEvent,
  type StreamFetchEvent,
  type StreamRequestEvent,
} from '../events'
import { toPrintable } from '../http/printable'
import type { ResponseHeaders } from '../http/response-plan'
import { guardLogger, type StreamLogger } from '../logger'
import type { Refusal } from './refusal'
import { clientIp, type StreamRequest } from './stream-request'

/** Enough to tell attempts apart, too little to use: 8 of 64 digits leave 224 bits to guess. */
const SHOWN_SIGNATURE = 8
const SHOWN_EXPIRES = 20
const SHOWN_RANGE = 128
const SHOWN_METHOD = 32
const SHOWN_ADDRESS = 64

/** What is known of a served request besides its own fields. */
export interface ServedResponse extends Pick<
  StreamRequestEvent,
  'id' | 'keyIndex' | 'status' | 'firstByteMs'
> {
  /** Of the response. */
  readonly headers: ResponseHeaders
}

export interface Observer {
  readonly request: (req: StreamRequest, response: ServedResponse) => void
  readonly refusal: (req: StreamRequest, refusal: Refusal) => void
  readonly completion: (event: StreamCompletionEvent) => void
  /** Reports a call of a source that is not a directory. */
  readonly fetch: (event: StreamFetchEvent) => void
  /** Logs what is neither a refusal nor the end of a response: a fault of the app, or a bug. */
  readonly fault: (error: unknown) => void
}

export function createObserver(given: StreamLogger | undefined): Observer {
  const logger = given && guardLogger(given)

  function onSubscriberFault(error: unknown): void {
    if (logger === undefined) warnOfSubscriber(error)
    else logger.error({ err: error }, 'A subscriber of a diagnostics channel failed')
  }

  return {
    request(req, { id, keyIndex, status, headers, firstByteMs }) {
      if (logger === undefined && !hasSubscribers.request()) return
      const { range } = req.headers
      const event = {
        id,
        keyIndex,
        status,
        contentRange: headers['Content-Range'] as string | undefined,
        contentLength: headers['Content-Length'] as number | undefined,
        firstByteMs,
        method: shownMethod(req),
        range: range && toPrintable(range, SHOWN_RANGE),
        clientIp: shownAddress(req),
      }
      publishRequest(event, onSubscriberFault)
      logger?.info({ file_id: event.id, range: event.range, client_ip: event.clientIp }, 'Streaming request')
    },

    refusal(req, { error, known }) {
      if (logger === undefined && !hasSubscribers.refusal()) return
      const { id, texts } = known
      const event = {
        code: error.code,
        status: error.status,
        id,
        method: shownMethod(req),
        clientIp: shownAddress(req),
        signature: texts?.sig && toPrintable(texts.sig, SHOWN_SIGNATURE),
        expires: texts?.expires && toPrintable(texts.expires, SHOWN_EXPIRES),
        cause: error.cause,
      }
      publishRefusal(event, onSubscriberFault)
      if (logger === undefined) return
      const fields = { file_id: id, code: event.code, status: event.status, client_ip: event.clientIp }
      if (error.code.startsWith('SIGNATURE_')) {
        const { signature, expires } = event
        logger.warn(
          { ...fields, signature: signature && `${signature}…`, expires },
          'Invalid signature attempt',
        )
      } else if (error.status >= 500) {
        logger.error({ ...fields, err: error.cause }, 'Source unavailable')
      } else {
        logger.debug(fields, 'Request refused')
      }
    },

    completion(event) {
      publishCompletion(event, onSubscriberFault)
      if (logger === undefined) return
      const { id, status, outcome, bytesSent, cause } = event
      const duration = Math.round(event.durationMs)
      const fields = { file_id: id, bytes_served: bytesSent, duration_ms: duration, status, outcome }
      const isStorageFault = outcome === 'truncated' || outcome === 'changed' || outcome === 'read_error'
      if (isStorageFault) logger.warn({ ...fields, err: cause }, 'Stream completed')
      else logger.debug(fields, 'Stream completed')
    },

    fetch(event) {
      publishFetch(event, onSubscriberFault)
      if (logger === undefined) return
      const { id, operation, outcome, attempt, bytes, firstByteMs, cause } = event
      const fields = {
        file_id: id,
        operation,
        outcome,
        attempt,
        bytes,
        first_byte_ms: firstByteMs && Math.round(firstByteMs),
        duration_ms: Math.round(event.durationMs),
      }
      const isFault = outcome === 'changed' || outcome === 'timed_out' || outcome === 'failed'
      if (isFault) logger.warn({ ...fields, err: cause }, 'Source read')
      else logger.debug(fields, 'Source read')
    },

    fault(error) {
      logger?.error({ err: error }, 'Request failed')
    },
  }
}

/** Over HTTP/2, a client may send any method. */
function shownMethod({ method = '' }: StreamRequest): string {
  return toPrintable(method, SHOWN_METHOD)
}

/** Behind a trusted proxy, Express takes the address from a header of the client. */
function shownAddress(req: StreamRequest): string | undefined {
  const address = clientIp(req)
  return address && toPrintable(address, SHOWN_ADDRESS)
}
