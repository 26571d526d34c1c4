/**
 * The log, by pino: one line of JSON for each event, or text for people. No line contains a whole signature, or a
 * character by which a client could control the terminal that shows it.
 */
import pino, { type Logger } from 'pino'
import { prettyFactory } from 'pino-pretty'
import { escapeUnprintable, escapeValue } from './printable'
import type { DemoConfig } from '../settings/config'
import { requestContext } from '../front/request-context'

export interface LoggerOptions {
  /** A level of pino, or `silent`. */
  readonly level: string
  readonly format: 'json' | 'pretty'
  /** Receives each line, without a line feed at its end. */
  readonly write: (line: string) => void
  /** Whether lines may contain whole links. @defaultValue false */
  readonly showsLinks?: boolean
  /** The number of this worker, which each line carries; undefined if this process is alone. */
  readonly worker?: number | undefined
}

/** @param output as of `startDemo` */
export function logOptions(
  { LOG_LEVEL, LOG_FORMAT }: Pick<DemoConfig, 'LOG_LEVEL' | 'LOG_FORMAT'>,
  output: { log(line: string): void; readonly isTerminal?: boolean },
  worker?: number,
): LoggerOptions {
  return {
    worker,
    level: LOG_LEVEL,
    format: LOG_FORMAT ?? (output.isTerminal === true ? 'pretty' : 'json'),
    write: line => {
      output.log(line)
    },
  }
}

export function createLogger({
  level,
  format,
  write,
  showsLinks = false,
  worker,
}: LoggerOptions): Logger {
  // Not in a worker of pino: it needs a file of its own, and loses the last lines when the process exits.
  const prettify =
    format === 'pretty' ? prettyFactory({ translateTime: 'SYS:HH:MM:ss.l', singleLine: true }) : undefined

  return pino(
    {
      level,
      base: worker === undefined ? null : { worker },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: label => ({ level: label }) },
      mixin: requestFields,
      hooks: showsLinks ? {} : { streamWrite: hideSignatures },
    },
    {
      write(line: string) {
        const json = line.trimEnd()
        write(
          prettify === undefined
            ? escapeUnprintable(json)
            : prettify(escapeValue(JSON.parse(json))).trimEnd(),
        )
      },
    },
  )
}

function requestFields(): object {
  const context = requestContext.getStore()
  return context === undefined ? {} : { request_id: context.id }
}

/** Wherever signatures stand, even in the text of an error: 8 of 64 digits tell attempts apart, and open no file. */
export function hideSignatures(line: string): string {
  return line.replace(/([0-9a-f]{8})[0-9a-f]{56}/gi, '$1…')
}
