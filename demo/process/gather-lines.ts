/** Gathers the lines of a moment into one write: each write costs more than the line, and a thread of the pool. */

/** Milliseconds for which a line may wait. */
const MOMENT = 10

/** Characters that are written at once. */
const ENOUGH = 16_384

export interface GatheredLines {
  /** @param line without a line feed at its end */
  add(line: string): void
  /** Writes what has been gathered. */
  flush(): void
}

export function gatherLines(write: (text: string) => void): GatheredLines {
  let gathered = ''
  let timer: NodeJS.Timeout | undefined

  function flush(): void {
    clearTimeout(timer)
    timer = undefined
    const text = gathered
    gathered = ''
    if (text !== '') write(text)
  }

  return {
    add(line) {
      gathered += `${line}\n`
      if (gathered.length >= ENOUGH) flush()
      // Not unreferenced: the last lines of a process that ends by itself must not be lost.
      else timer ??= setTimeout(flush, MOMENT)
    },
    flush,
  }
}
