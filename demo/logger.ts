/** One line of JSON per event on standard output, as log collectors read it. */
import { types } from 'node:util'
import type { StreamLogger } from 'express-signed-stream'

export function createLogger(write: (line: string) => void): StreamLogger {
  function at(level: keyof StreamLogger): StreamLogger['info'] {
    return (fields, msg) => {
      write(JSON.stringify({ time: new Date().toISOString(), level, msg, ...fields }, showError))
    }
  }
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
}

/** The fields of an Error are not enumerable: by itself it would be written as `{}`. */
function showError(_key: string, value: unknown): unknown {
  return types.isNativeError(value) ? (value.stack ?? value.message) : value
}
