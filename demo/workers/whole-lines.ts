/** Passes on the lines of a worker whole, so that those of several workers do not mix in one log. */
import type { Readable } from 'node:stream'

/** Characters of one line. More are dropped, with the rest of the line: this process must not grow with what one writes. */
const MAX_LINE = 1024 * 1024

/**
 * A line that the worker could not complete is dropped.
 *
 * @param write receives lines, with line feeds between them
 */
export function passWholeLines(from: Readable, write: (lines: string) => void): void {
  let rest = ''
  let isTooLong = false

  function onText(text: string): void {
    const end = text.lastIndexOf('\n')
    if (end < 0) {
      keep(text)
      return
    }
    // Of a line that is too long, the end comes with its first line feed.
    const begin = isTooLong ? text.indexOf('\n') + 1 : 0
    if (begin <= end) write(rest + text.slice(begin, end))
    rest = ''
    isTooLong = false
    keep(text.slice(end + 1))
  }

  function keep(text: string): void {
    if (isTooLong) return
    rest += text
    if (rest.length <= MAX_LINE) return
    rest = ''
    isTooLong = true
  }

  // Never split inside a character. A pipe that breaks ends what there is to read.
  from
    .setEncoding('utf8')
    .on('data', onText)
    .on('error', () => undefined)
}
