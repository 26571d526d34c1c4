/** The app's logger. A fault of it costs no response. */
import { callSafely } from './callbacks'
import type { OptionRule } from './option-rules'
import { textOfFault, warnOnce } from './warn-once'

/** A pino logger fits as it is, and so does `console`. */
export interface StreamLogger {
  debug(fields: object, message: string): void
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
  /** Whether lines of a level are written, as pino has it: no fields are collected for others. Without it, all are. */
  isLevelEnabled?(level: Level): boolean
}

type Level = 'debug' | 'info' | 'warn' | 'error'

const LEVELS: readonly Level[] = ['debug', 'info', 'warn', 'error']

export interface GuardedLogger extends StreamLogger {
  isLevelEnabled(level: Level): boolean
}

export const loggerRule: OptionRule<StreamLogger> = {
  accepts: (value): value is StreamLogger =>
    typeof value === 'object' &&
    value !== null &&
    LEVELS.every(level => typeof (value as Partial<StreamLogger>)[level] === 'function'),
  expected: `a logger with the methods ${LEVELS.join(', ')}`,
}

/** `logger`, whose first fault is a warning of the process. */
export function guardLogger(logger: StreamLogger): GuardedLogger {
  const warnOfLogger = warnOnce('EXPRESS_SIGNED_STREAM_LOGGER')
  function warn(error: unknown): void {
    warnOfLogger(() => `The logger failed: ${textOfFault(error)}`)
  }
  /** A method may return a promise. */
  const methods: Readonly<Record<Level, (fields: object, message: string) => unknown>> = logger
  function write(level: Level, fields: object, message: string): void {
    // Looked up within, as the app may have taken the method away.
    callSafely(() => methods[level](fields, message), warn)
  }
  return {
    isLevelEnabled(level) {
      try {
        return logger.isLevelEnabled?.(level) !== false
      } catch (error) {
        warn(error)
        return true
      }
    },
    debug(fields, message) {
      write('debug', fields, message)
    },
    info(fields, message) {
      write('info', fields, message)
    },
    warn(fields, message) {
      write('warn', fields, message)
    },
    error(fields, message) {
      write('error', fields, message)
    },
  }
}
