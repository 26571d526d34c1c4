/** The durations of tracks, read from the start of each file once per version. */
import { LRUCache } from 'lru-cache'
import { within } from '../work/time-limit'
import { readDuration } from './read-duration'

/** One version of a file. */
export interface FileVersion {
  readonly path: string
  /** Differs between any two versions of the file. */
  readonly etag: string
}

/** Seconds; null if the file does not contain it, undefined if it is not known yet. */
export type Duration = number | null | undefined

export interface Durations {
  /**
   * Resolves after `patience` milliseconds at the latest, with what is known then. The rest is read afterwards, unless
   * `signal` aborts before that and no other call wants it.
   */
  of(files: readonly FileVersion[], signal: AbortSignal): Promise<Duration[]>
}

export interface DurationsOptions {
  /** Resolves with seconds; rejects if the file cannot be parsed. */
  readonly read?: (path: string, signal: AbortSignal) => Promise<number | undefined>
  /** Milliseconds that a call waits. @defaultValue 200 */
  readonly patience?: number
  /** Versions whose durations are kept. @defaultValue 10000 */
  readonly max?: number
  /** Files that may wait to be read; further ones stay unknown for now. @defaultValue 1000 */
  readonly maxWaiting?: number
}

/** Milliseconds for one file, so that a mount that hangs does not block the others. */
const TIME_LIMIT = 5000

interface Reading {
  readonly key: string
  readonly path: string
  /** Calls that wait for it. It can be 0: then the file is read for later calls. */
  clients: number
  /** Resolves when the file was read, or will not be. */
  readonly ended: Promise<void>
  end(): void
}

export function createDurations({
  read = readDuration,
  patience = 200,
  max = 10_000,
  maxWaiting = 1000,
}: DurationsOptions = {}): Durations {
  const known = new LRUCache<string, { readonly duration: number | null }>({ max })
  const waiting = new Map<string, Reading>()
  let current: { readonly reading: Reading; readonly controller: AbortController } | undefined

  /** One file after the other, so that a directory of thousands leaves the disk to the listeners. */
  async function readNext(): Promise<void> {
    const [reading] = waiting.values()
    if (current !== undefined || reading === undefined) return
    const controller = new AbortController()
    current = { reading, controller }
    const duration = await readOnce(reading.path, controller)
    if (duration !== undefined) known.set(reading.key, { duration })
    forget(reading)
    current = undefined
    void readNext()
  }

  /** @returns undefined if it was cancelled */
  async function readOnce(path: string, controller: AbortController): Promise<number | null | undefined> {
    const { signal } = controller
    const duration = await within(TIME_LIMIT, read(path, signal), signal).catch(() => undefined)
    if (signal.aborted) return undefined
    // Stops a read that has exceeded its time.
    controller.abort()
    return duration !== undefined && Number.isFinite(duration) && duration > 0 ? duration : null
  }

  function forget(reading: Reading): void {
    if (waiting.get(reading.key) === reading) waiting.delete(reading.key)
    reading.end()
  }

  function find({ path, etag }: FileVersion): Reading | undefined {
    const key = JSON.stringify([path, etag])
    if (known.has(key)) return undefined
    const before = waiting.get(key)
    if (before !== undefined) return before
    if (waiting.size >= maxWaiting) return undefined
    const { promise: ended, resolve: end } = deferred()
    const reading: Reading = { key, path, clients: 0, ended, end }
    waiting.set(key, reading)
    return reading
  }

  /** Its last client has left before a response could promise it for later. */
  function cancel(reading: Reading): void {
    forget(reading)
    if (current?.reading === reading) current.controller.abort()
  }

  return {
    async of(files, signal) {
      signal.throwIfAborted()
      const readings = files.map(find).filter(reading => reading !== undefined)
      for (const reading of readings) reading.clients += 1
      void readNext()
      await within(patience, Promise.all(readings.map(({ ended }) => ended)), signal)
      for (const reading of readings) {
        reading.clients -= 1
        if (signal.aborted && reading.clients === 0) cancel(reading)
      }
      signal.throwIfAborted()
      return files.map(({ path, etag }) => known.get(JSON.stringify([path, etag]))?.duration)
    },
  }
}

interface Deferred {
  readonly promise: Promise<void>
  readonly resolve: () => void
}

function deferred(): Deferred {
  let resolve: (() => void) | undefined
  const promise = new Promise<void>(settle => {
    resolve = settle
  })
  return { promise, resolve: () => resolve?.() }
}
