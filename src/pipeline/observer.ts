/** Reports each request: on the diagnostics channels, and to a logger if there is one. No fault of either costs a response. */
import { callSafely } from '../callbacks'
import type { StreamError } from '../errors'
import {
  isHeard,
  publishCompletion,
  publishRefusal,
  publishRequest,
  warnOfSubscriber,
  type StreamCompletionEvent,
  type StreamRequestEvent,
} from '../events'
import { printable } from '../http/printable'
import type { OptionRule } from '../options'
import type { GrantTexts } from '../signing/query'
import { clientIp, type StreamRequest } from './stream-request'

/** A pino logger fits as it is, and so does `console`. */
export interface StreamLogger {
  debug(fields: object, message: string): void
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
}

const LEVELS = ['debug', 'info', 'warn', 'error'] as const

export const loggerRule: OptionRule = {
  accepts: value =>
    typeof value === 'object' &&
    value !== null &&
    LEVELS.every(level => typeof (value as Partial<StreamLogger>)[level] === 'function'),
  expected: `a logger with the methods ${LEVELS.join(', ')}`,
}

/** Enough to tell attempts apart, too little to use: 8 of 64 digits leave 224 bits to guess. */
const SHOWN_SIGNATURE = 8
const SHOWN_EXPIRES = 20
const SHOWN_RANGE = 128
const SHOWN_METHOD = 32
const SHOWN_ADDRESS = 64

export interface Observer {
  readonly request: (
    req: StreamRequest,
    event: Pick<StreamRequestEvent, 'id' | 'keyIndex' | 'status' | 'firstByteMs'>,
  ) => void
  /** @returns `error` */
  refusal(req: StreamRequest, error: StreamError, known?: KnownOfRefused): StreamError
  readonly completion: (event: StreamCompletionEvent) => void
  /** Logs what is neither a refusal nor an end of a response: a fault of the app, or of ours. */
  readonly fault: (error: unknown) => void
}

/** What is known of a refused request. */
export interface KnownOfRefused {
  readonly id?: string
  readonly texts?: GrantTexts
}

export function createObserver(given: StreamLogger | undefined): Observer {
  const logger = given && guardLogger(given)

  function onSubscriberFault(error: unknown): void {
    if (logger === undefined) warnOfSubscriber(error)
    else logger.error({ err: error }, 'A subscriber of a diagnostics channel failed')
  }

  return {
    request(req, known) {
      if (logger === undefined && !isHeard.request()) return
      const { range } = req.headers
      const event = {
        ...known,
        method: shownMethod(req),
        range: range && printable(range, SHOWN_RANGE),
        clientIp: shownAddress(req),
      }
      publishRequest(event, onSubscriberFault)
      logger?.info({ file_id: event.id, range: event.range, client_ip: event.clientIp }, 'Streaming request')
    },

    refusal(req, error, { id, texts } = {}) {
      if (logger === undefined && !isHeard.refusal()) return error
      const event = {
        code: error.code,
        status: error.status,
        id,
        method: shownMethod(req),
        clientIp: shownAddress(req),
        signature: texts?.sig && printable(texts.sig, SHOWN_SIGNATURE),
        expires: texts?.expires && printable(texts.expires, SHOWN_EXPIRES),
        cause: error.cause,
      }
      publishRefusal(event, onSubscriberFault)
      if (logger === undefined) return error
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
      return error
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

    fault(error) {
      logger?.error({ err: error }, 'Request failed')
    },
  }
}

/** HTTP/2 leaves methods as a client makes them up. */
function shownMethod({ method = '' }: StreamRequest): string {
  return printable(method, SHOWN_METHOD)
}

/** Behind a trusted proxy, Express takes the address from a header of the client. */
function shownAddress(req: StreamRequest): string | undefined {
  const address = clientIp(req)
  return address && printable(address, SHOWN_ADDRESS)
}

/** `logger`, but a fault of it is a warning of the process, once, and nothing else. */
function guardLogger(logger: StreamLogger): StreamLogger {
  let hasWarned = false
  function warn(error: unknown): void {
    if (hasWarned) return
    hasWarned = true
    process.emitWarning(`The logger failed: ${String(error)}`, { code: 'EXPRESS_SIGNED_STREAM_LOGGER' })
  }
  return {
    debug(fields, message) {
      callSafely(logger.debug.bind(logger, fields, message), warn)
    },
    info(fields, message) {
      callSafely(logger.info.bind(logger, fields, message), warn)
    },
    warn(fields, message) {
      callSafely(logger.warn.bind(logger, fields, message), warn)
    },
    error(fields, message) {
      callSafely(logger.error.bind(logger, fields, message), warn)
    },
  }
}
