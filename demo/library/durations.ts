/** How long tracks last, read from their heads once for each version of a file. */
import { LRUCache } from 'lru-cache'
import { readDuration } from './read-duration'

/** One version of a file. */
export interface FileVersion {
  readonly path: string
  /** Differs between any two versions of the file. */
  readonly etag: string
}

/** Seconds; null if the file does not have it, undefined if it is not known yet. */
export type Duration = number | null | undefined

export interface Durations {
  /**
   * What is known of each after `patience` milliseconds. The rest is read later, unless `signal` aborts before and
   * nobody else has asked.
   */
  of(files: readonly FileVersion[], signal: AbortSignal): Promise<Duration[]>
}

export interface DurationsOptions {
  /** Seconds; rejects if the file does not have it. */
  readonly read?: (path: string, signal: AbortSignal) => Promise<number | undefined>
  /** Milliseconds that a response waits. @defaultValue 200 */
  readonly patience?: number
  /** Versions remembered. @defaultValue 10000 */
  readonly max?: number
  /** Files that wait to be read; of more, nothing is known yet. @defaultValue 1000 */
  readonly maxWaiting?: number
}

/** Milliseconds for one file: a mount that hangs must not keep the others waiting. */
const TIME_LIMIT = 5000

interface Reading {
  readonly key: string
  readonly path: string
  /** Requests that wait for it; 0 once each of them has its response, and the file is read for the next one. */
  clients: number
  /** Resolves when it is known, or will not be. */
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

  /** One file after the other: a directory of thousands must leave the disk to the listeners. */
  async function readNext(): Promise<void> {
    const [reading] = waiting.values()
    if (current !== undefined || reading === undefined) return
    const controller = new AbortController()
    current = { reading, controller }
    const duration = await limited(reading.path, controller)
    if (duration !== undefined) known.set(reading.key, { duration })
    forget(reading)
    current = undefined
    void readNext()
  }

  /** @returns undefined if it was cancelled */
  async function limited(path: string, controller: AbortController): Promise<number | null | undefined> {
    const { signal } = controller
    const late = setTimeout(() => {
      controller.abort(new TimedOut())
    }, TIME_LIMIT).unref()
    try {
      const duration = await Promise.race([read(path, signal), aborted(signal)])
      return duration !== undefined && Number.isFinite(duration) && duration > 0 ? duration : null
    } catch {
      return signal.aborted && !(signal.reason instanceof TimedOut) ? undefined : null
    } finally {
      clearTimeout(late)
    }
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

  /** Nobody waits for it, and nobody had the promise of it. */
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
      await soon(Promise.all(readings.map(({ ended }) => ended)), patience, signal)
      for (const reading of readings) {
        reading.clients -= 1
        if (signal.aborted && reading.clients === 0) cancel(reading)
      }
      signal.throwIfAborted()
      return files.map(({ path, etag }) => known.get(JSON.stringify([path, etag]))?.duration)
    },
  }
}

class TimedOut extends Error {}

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

/** Never resolves; rejects once `signal` aborts. */
function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => {
      reject(signal.reason as Error)
    })
  })
}

/** Resolves with `promise`, after `patience` milliseconds, or when `signal` aborts. */
async function soon(promise: Promise<unknown>, patience: number, signal: AbortSignal): Promise<void> {
  const { promise: given, resolve: over } = deferred()
  const timer = setTimeout(over, patience).unref()
  signal.addEventListener('abort', over, { once: true })
  await Promise.race([promise, given])
  clearTimeout(timer)
  signal.removeEventListener('abort', over)
}
