/** The app's logger. A fault of it costs no response. */
import { callSafely } from './callbacks'
import type { OptionRule } from './option-rules'

/** A pino logger fits as it is, and so does `console`. */
export interface StreamLogger {
  debug(fields: object, message: string): void
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
}

const LEVELS = ['debug', 'info', 'warn', 'error'] as const

export const loggerRule: OptionRule<StreamLogger> = {
  accepts: (value): value is StreamLogger =>
    typeof value === 'object' &&
    value !== null &&
    LEVELS.every(level => typeof (value as Partial<StreamLogger>)[level] === 'function'),
  expected: `a logger with the methods ${LEVELS.join(', ')}`,
}

/** `logger`, whose first fault is a warning of the process. */
export function guardLogger(logger: StreamLogger): StreamLogger {
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
