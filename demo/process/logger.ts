/**
 * The log, by pino: one line of JSON per event as collectors read it, or text for people. No line holds a signature, or
 * a character by which a client could control the terminal of who reads it.
 */
import pino, { type Logger } from 'pino'
import { prettyFactory } from 'pino-pretty'
import { escapeUnprintable, escapeValue } from './printable'
import { requestContext } from '../front/request-context'

export interface LoggerOptions {
  /** One of pino's, or `silent`. */
  readonly level: string
  readonly format: 'json' | 'pretty'
  /** Takes a line, without its end. */
  readonly write: (line: string) => void
  /** Whether whole links may be written. @defaultValue false */
  readonly showsLinks?: boolean
}

export function createLogger({ level, format, write, showsLinks = false }: LoggerOptions): Logger {
  // In this thread: a worker would need a file of its own, and lose the last lines of a process that ends.
  const show =
    format === 'pretty' ? prettyFactory({ translateTime: 'SYS:HH:MM:ss.l', singleLine: true }) : undefined

  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: label => ({ level: label }) },
      mixin: requestFields,
      hooks: showsLinks ? {} : { streamWrite: hideSignatures },
    },
    {
      write(line: string) {
        const json = line.trimEnd()
        write(show === undefined ? escapeUnprintable(json) : show(escapeValue(JSON.parse(json))).trimEnd())
      },
    },
  )
}

function requestFields(): object {
  const context = requestContext.getStore()
  if (context === undefined) return {}
  return context.isCut ? { request_id: context.id, cut: true } : { request_id: context.id }
}

/** Whatever an error's text or a field of another module holds: 8 digits tell attempts apart, 64 open a file. */
export function hideSignatures(line: string): string {
  return line.replace(/([0-9a-f]{8})[0-9a-f]{56}/gi, '$1…')
}
