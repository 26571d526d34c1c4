/** Tells of each request: to the diagnostics channels, and to a logger where there is one. */
import type { StreamError } from '../errors'
import {
  isHeard,
  publishCompletion,
  publishRefusal,
  publishRequest,
  type StreamCompletionEvent,
  type StreamRequestEvent,
} from '../events'
import type { OptionRule } from '../options'
import type { GrantTexts } from '../signing/query'
import { clientIp, type StreamRequest } from './handler'

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

export interface Observer {
  readonly request: (
    req: StreamRequest,
    event: Pick<StreamRequestEvent, 'id' | 'keyIndex' | 'status' | 'firstByteMs'>,
  ) => void
  /** @returns `error` */
  refusal(req: StreamRequest, error: StreamError, known?: KnownOfRefused): StreamError
  readonly completion: (event: StreamCompletionEvent) => void
}

/** What was found out before the refusal. */
export interface KnownOfRefused {
  readonly id?: string
  readonly texts?: GrantTexts
}

export function createObserver(logger: StreamLogger | undefined): Observer {
  return {
    request(req, known) {
      if (logger === undefined && !isHeard.request()) return
      const event = {
        ...known,
        method: req.method ?? '',
        range: req.headers.range?.slice(0, SHOWN_RANGE),
        clientIp: clientIp(req),
      }
      publishRequest(event)
      logger?.info({ file_id: event.id, range: event.range, client_ip: event.clientIp }, 'Streaming request')
    },

    refusal(req, error, { id, texts } = {}) {
      if (logger === undefined && !isHeard.refusal()) return error
      const event = {
        code: error.code,
        status: error.status,
        id,
        method: req.method ?? '',
        clientIp: clientIp(req),
        signature: texts?.sig?.slice(0, SHOWN_SIGNATURE),
        expires: texts?.expires?.slice(0, SHOWN_EXPIRES),
        cause: error.cause,
      }
      publishRefusal(event)
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
      publishCompletion(event)
      if (logger === undefined) return
      const { id, status, outcome, bytesSent, cause } = event
      const duration = Math.round(event.durationMs)
      const fields = { file_id: id, bytes_served: bytesSent, duration_ms: duration, status, outcome }
      const isStorageFault = outcome === 'truncated' || outcome === 'changed' || outcome === 'read_error'
      if (isStorageFault) logger.warn({ ...fields, err: cause }, 'Stream completed')
      else logger.debug(fields, 'Stream completed')
    },
  }
}
