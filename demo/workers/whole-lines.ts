/** Passes on the lines of a worker whole, so that those of several workers do not mix in one log. */
import type { Readable } from 'node:stream'

/**
 * A line that the worker could not complete is dropped.
 *
 * @param write receives lines, with line feeds between them
 */
export function passWholeLines(from: Readable, write: (lines: string) => void): void {
  let rest = ''
  // Never split inside a character.
  from.setEncoding('utf8').on('data', (text: string) => {
    const end = text.lastIndexOf('\n')
    if (end < 0) {
      rest += text
      return
    }
    write(rest + text.slice(0, end))
    rest = text.slice(end + 1)
  })
}
