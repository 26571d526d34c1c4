/** A logger that keeps what it is given. */
import type { StreamLogger } from 'express-signed-stream'

export interface Line {
  readonly level: keyof StreamLogger
  readonly message: string
  readonly fields: Readonly<Record<string, unknown>>
}

export interface KeepingLogger extends StreamLogger {
  readonly lines: readonly Line[]
}

/** @param fault happens at every call; what it returns is returned, even a promise that rejects */
export function keepingLogger(fault?: () => unknown): KeepingLogger {
  const lines: Line[] = []
  function at(level: keyof StreamLogger): (fields: object, message: string) => void {
    return (fields, message) => {
      lines.push({ level, message, fields: { ...fields } })
      return fault?.() as undefined
    }
  }
  return { lines, debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
}
