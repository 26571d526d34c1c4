/**
 * The log, by pino: one line of JSON for each event, or text for people. No line contains a whole signature, or a
 * character by which a client could control the terminal that shows it.
 */
import pino, { type Logger } from 'pino'
import { prettyFactory } from 'pino-pretty'
import { escapeUnprintable, escapeValue } from './printable'
import type { DemoConfig } from '../settings/config'

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

export function createLogger({ level, format, write, showsLinks = false, worker }: LoggerOptions): Logger {
  // Not in a worker of pino: it needs a file of its own, and loses the last lines when the process exits.
  const prettify =
    format === 'pretty' ? prettyFactory({ translateTime: 'SYS:HH:MM:ss.l', singleLine: true }) : undefined

  return pino(
    {
      level,
      base: worker === undefined ? null : { worker },
      timestamp: createTimestamp(),
      formatters: { level: label => ({ level: label }) },
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

/** A clock that makes a new text only when the time has changed. */
function createTimestamp(): () => string {
  let last = 0
  let text = ''
  return function timestamp() {
    const now = Date.now()
    if (now !== last) {
      last = now
      text = `,"time":"${new Date(now).toISOString()}"`
    }
    return text
  }
}

const SIGNATURE_DIGITS = 64
const SIGNATURES = /([0-9a-f]{8})[0-9a-f]{56}/gi

/** Wherever signatures stand, even in the text of an error: 8 of 64 digits tell attempts apart, and open no file. */
export function hideSignatures(line: string): string {
  return mayHoldSignature(line) ? line.replace(SIGNATURES, '$1…') : line
}

/** 64 digits in a row cover a place whose number is a multiple of 64, so most lines are looked at in a few places. */
function mayHoldSignature(line: string): boolean {
  for (let place = SIGNATURE_DIGITS - 1; place < line.length; place += SIGNATURE_DIGITS) {
    if (!isHexDigit(line.charCodeAt(place))) continue
    let first = place
    let last = place
    while (isHexDigit(line.charCodeAt(first - 1))) first -= 1
    while (isHexDigit(line.charCodeAt(last + 1))) last += 1
    if (last - first + 1 >= SIGNATURE_DIGITS) return true
  }
  return false
}

/** False for NaN, the code beyond either end. */
function isHexDigit(code: number): boolean {
  return (code >= 48 && code <= 57) || (code >= 97 && code <= 102) || (code >= 65 && code <= 70)
}
