/**
 * Reports each request: on the diagnostics channels, and to a logger and `onCompletion` of the app if there are any. No
 * fault of them costs a response.
 */
import {
  hasSubscribers,
  publishCompletion,
  publishFetch,
  publishRefusal,
  publishReport,
  publishRequest,
  publishShared,
  warnOfSubscriber,
  type OnSubscriberFault,
  type StreamFetchEvent,
  type StreamOutcome,
  type StreamReportEvent,
  type StreamRequestEvent,
  type StreamSharedEvent,
} from '../events'
import { toPrintable } from '../http/printable'
import { guardLogger, type StreamLogger } from '../logger'
import { SHOWN_SIGNATURE } from '../signing/redact-link'
import { addAttribution, attribute, requestIdOf, type LogFields, type UsedLink } from './attribution'
import { callOnCompletion, warnOfCompletion, type OnCompletion } from './on-completion'
import type { Refusal } from './refusal'
import { warnOfMessages } from './refusal-text'
import {
  describeCompletion,
  describeResponse,
  shownMethod,
  shownRange,
  type ServedEnd,
  type ServedResponse,
} from './served-events'
import { clientIp, type StreamRequest } from './stream-request'
import { textOfFault, warnOnce } from '../warn-once'

const SHOWN_EXPIRES = 20

/** Outcomes that an operator must hear of. */
const STORAGE_FAULTS: ReadonlySet<StreamOutcome> = new Set(['truncated', 'changed', 'read_error'])

/** A link that was used, for which track. */
interface LinkUse extends UsedLink {
  readonly id: string
}

export interface Observer {
  /** Whether code of the app runs while a response begins: a logger, or subscribers. */
  readonly isWatched: () => boolean
  readonly request: (req: StreamRequest, response: ServedResponse) => void
  readonly refusal: (req: StreamRequest, refusal: Refusal) => void
  readonly completion: (req: StreamRequest, response: ServedResponse, end: ServedEnd) => void
  /** Reports what an enforcement on trial would have refused with `code`. */
  readonly report: (req: StreamRequest, use: LinkUse, code: StreamReportEvent['code']) => void
  /** Reports that a link was begun from several networks. */
  readonly shared: (req: StreamRequest, use: LinkUse, networks: number) => void
  /** Reports a call of a source that is not a directory. */
  readonly fetch: (event: StreamFetchEvent) => void
  /** Logs a fault of the function that chooses the text of a refusal. */
  readonly textFault: (error: unknown, req: StreamRequest) => void
  /** Logs what is neither a refusal nor the end of a response: a fault of the app, or a bug. */
  readonly fault: (error: unknown, req: StreamRequest) => void
  /** The same for what no error handling of the app gets: without a logger, the first is a warning of the process. */
  readonly unhandled: (error: unknown, req: StreamRequest) => void
}

/** @param onCompletion of the app */
export function createObserver(given: StreamLogger | undefined, onCompletion?: OnCompletion): Observer {
  const logger = given && guardLogger(given)

  function isOn(level: 'debug' | 'info' | 'warn'): boolean {
    return logger?.isLevelEnabled(level) === true
  }

  /** Names the request, if there is one and the app has named it. */
  function onSubscriberFault(req?: StreamRequest): OnSubscriberFault {
    return error => {
      if (logger === undefined) warnOfSubscriber(error)
      else logger.error(faultFields(error, req), 'A subscriber of a diagnostics channel failed')
    }
  }

  function onCompletionFault(req: StreamRequest): OnSubscriberFault {
    return error => {
      if (logger === undefined) warnOfCompletion(error)
      else logger.error(faultFields(error, req), 'onCompletion failed')
    }
  }

  function fault(error: unknown, req: StreamRequest): void {
    logger?.error(faultFields(error, req), 'Request failed')
  }

  return {
    isWatched: () => isOn('info') || hasSubscribers.request() || hasSubscribers.read(),

    request(req, response) {
      const isLogged = isOn('info')
      if (!isLogged && !hasSubscribers.request()) return
      const event = describeResponse(req, response)
      publishRequest(event, onSubscriberFault(req))
      if (!isLogged) return
      logger?.info(addResponse({ file_id: event.id }, event), 'Streaming request')
    },

    refusal(req, { error, known }) {
      if (logger === undefined && !hasSubscribers.refusal()) return
      const { id, texts } = known
      const event = {
        code: error.code,
        status: error.status,
        id,
        method: shownMethod(req),
        keyIndex: known.grant?.keyIndex,
        range: shownRange(req),
        ...attribute(req, known, clientIp(req)),
        signature: texts?.sig && toPrintable(texts.sig, SHOWN_SIGNATURE),
        expires: texts?.expires && toPrintable(texts.expires, SHOWN_EXPIRES),
        cause: error.cause,
      }
      publishRefusal(event, onSubscriberFault(req))
      if (logger === undefined) return
      const fields = addAttribution({ file_id: id, code: event.code, status: event.status }, event)
      if (error.status === 403) {
        const { signature, expires } = event
        logger.warn(
          { ...fields, signature: signature && `${signature}…`, expires },
          error.code.startsWith('SIGNATURE_') ? 'Invalid signature attempt' : 'Link refused',
        )
      } else if (error.code === 'SOURCE_UNAVAILABLE') {
        logger.error({ ...fields, err: error.cause }, 'Source unavailable')
      } else if (error.code === 'STATE_UNAVAILABLE') {
        logger.error({ ...fields, err: error.cause }, 'State unavailable')
      } else {
        logger.debug(fields, 'Request refused')
      }
    },

    completion(req, response, end) {
      const isStorageFault = STORAGE_FAULTS.has(end.outcome)
      const isLogged = isOn(isStorageFault ? 'warn' : 'debug')
      if (!isLogged && onCompletion === undefined && !hasSubscribers.completion()) return
      const { outcome, bytesSent, durationMs, cause } = end
      const event = describeCompletion(describeResponse(req, response), end)
      publishCompletion(event, onSubscriberFault(req))
      callOnCompletion(onCompletion, event, req, onCompletionFault(req))
      if (!isLogged) return
      const fields = addResponse(
        {
          file_id: event.id,
          bytes_served: bytesSent,
          duration_ms: Math.round(durationMs),
          status: event.status,
          outcome,
        },
        event,
      )
      if (isStorageFault) logger?.warn({ ...fields, err: cause }, 'Stream completed')
      else logger?.debug(fields, 'Stream completed')
    },

    report(req, use, code) {
      const event = { code, id: use.id, ...attribute(req, use, clientIp(req)) }
      publishReport(event, onSubscriberFault(req))
      logger?.warn(addAttribution({ file_id: use.id, code }, event), 'Would be refused')
    },

    shared(req, use, networks) {
      const event: StreamSharedEvent = { id: use.id, networks, ...attribute(req, use, clientIp(req)) }
      publishShared(event, onSubscriberFault(req))
      logger?.info(addAttribution({ file_id: use.id, networks }, event), 'Link used from several networks')
    },

    fetch(event) {
      publishFetch(event, onSubscriberFault())
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

    textFault(error, req) {
      if (logger === undefined) warnOfMessages(error)
      else logger.error(faultFields(error, req), 'messages failed')
    },

    fault,

    unhandled(error, req) {
      if (logger === undefined) warnOfFault(error)
      else fault(error, req)
    },
  }
}

const warn = warnOnce('EXPRESS_SIGNED_STREAM_FAULT')

function warnOfFault(error: unknown): void {
  warn(() => `A request failed, and no error handling of the app took it: ${textOfFault(error)}`)
}

/** Adds what was requested, what is served, and to whom. */
function addResponse(fields: LogFields, event: StreamRequestEvent): LogFields {
  fields['range'] = event.range
  fields['content_range'] = event.contentRange
  fields['content_length'] = event.contentLength
  return addAttribution(fields, event)
}

function faultFields(error: unknown, req: StreamRequest | undefined): object {
  const id = req && requestIdOf(req)
  return id === undefined ? { err: error } : { err: error, request_id: id }
}
