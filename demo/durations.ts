/** How long tracks last, read from their heads once for each version of a file. */
import { LRUCache } from 'lru-cache'

/** One version of a file. */
export interface FileVersion {
  readonly path: string
  /** Bytes. */
  readonly size: number
  /** Milliseconds since the epoch, with fractions. */
  readonly modified: number
}

/** Seconds; null where the file does not tell, undefined where it is not known yet. */
export type Duration = number | null | undefined

export interface Durations {
  /** What is known of each after `patience` milliseconds; what is not goes on being found out. */
  of(files: readonly FileVersion[]): Promise<Duration[]>
}

export interface DurationsOptions {
  /** Seconds; rejects where the file does not tell. */
  readonly read?: (path: string) => Promise<number | undefined>
  /** Milliseconds that an answer waits. @defaultValue 200 */
  readonly patience?: number
  /** Versions remembered. @defaultValue 10000 */
  readonly max?: number
}

/** Milliseconds for one file: a mount that hangs must not keep the others waiting. */
const TIME_LIMIT = 5000

/** As much of music-metadata as is of use here. */
export interface MusicMetadata {
  parseFile(path: string, options: object): Promise<{ format: { duration?: number | undefined } }>
}

/** @throws Error where the file is not what its extension says */
export async function parseDuration(library: MusicMetadata, path: string): Promise<number | undefined> {
  const { format } = await library.parseFile(path, { skipCovers: true, skipPostHeaders: true })
  return format.duration
}

async function readDuration(path: string): Promise<number | undefined> {
  // It is an ECMAScript module, which a CommonJS one cannot require.
  return parseDuration(await import('music-metadata'), path)
}

interface Entry {
  duration: Duration
  readonly found: Promise<void>
}

export function createDurations({
  read = readDuration,
  patience = 200,
  max = 10_000,
}: DurationsOptions = {}): Durations {
  const entries = new LRUCache<string, Entry>({ max })
  /** One file after the other: a directory of thousands must leave the disk to the listeners. */
  let last = Promise.resolve()

  function find({ path, size, modified }: FileVersion): Entry {
    const key = JSON.stringify([path, size, modified])
    const known = entries.get(key)
    if (known !== undefined) return known
    const found = last.then(async () => {
      entry.duration = (await limited(read(path))) ?? null
    })
    const entry: Entry = { duration: undefined, found }
    last = found
    entries.set(key, entry)
    return entry
  }

  return {
    async of(files) {
      // More than are remembered would be read again for each list.
      const found = files.slice(0, max).map(find)
      await soon(Promise.all(found.map(entry => entry.found)), patience)
      return files.map((_, index) => (index < max ? found[index]?.duration : null))
    },
  }
}

async function limited(reading: Promise<number | undefined>): Promise<number | undefined> {
  const duration = await soon(
    reading.catch(() => undefined),
    TIME_LIMIT,
  )
  return duration !== undefined && Number.isFinite(duration) && duration > 0 ? duration : undefined
}

/** What `promise` gives, or undefined where that takes longer than `patience` milliseconds. */
async function soon<Value>(promise: Promise<Value>, patience: number): Promise<Value | undefined> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<undefined>(resolve => {
    timer = setTimeout(() => {
      resolve(undefined)
    }, patience).unref()
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}
