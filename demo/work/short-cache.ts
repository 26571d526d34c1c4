/**
 * A cache for results that many clients request at once: each is computed once, kept for a second, and its computation
 * is aborted when the last client that waits for it has left.
 */

/**
 * Resolves with the value for `key`: the cached one, that of the run in progress, or that of a new run.
 *
 * @throws TooMuchWorkError if `maxRuns` runs are in progress; rejects with the signal's reason once it aborts
 */
export type ShortCache<Value> = (key: string, signal: AbortSignal) => Promise<Value>

export interface ShortCacheOptions<Value> {
  /** Milliseconds for which a value stays in the cache. @defaultValue 1000 */
  readonly freshFor?: number
  /** Runs in progress at a time, of different keys. @defaultValue 32 */
  readonly maxRuns?: number
  /** Whether a value may be cached. @defaultValue always */
  readonly isKept?: (value: Value) => boolean
}

/** Values in the cache. Clients choose the keys, so there must be a limit. */
const MAX_KEPT = 64

export class TooMuchWorkError extends Error {
  override readonly name = 'TooMuchWorkError'
}

interface Client<Value> {
  resolve(value: Value): void
  reject(reason: Error): void
}

/**
 * - `queued`: waits until an aborted run of the same key has ended
 * - `running`: until it ends, or its last client leaves
 * - `aborted`: has no client any more, and has not ended yet
 */
interface Run<Value> {
  state: 'queued' | 'running' | 'aborted'
  readonly controller: AbortController
  readonly clients: Set<Client<Value>>
}

export function createShortCache<Value>(
  compute: (key: string, signal: AbortSignal) => Promise<Value>,
  { freshFor = 1000, maxRuns = 32, isKept = () => true }: ShortCacheOptions<Value> = {},
): ShortCache<Value> {
  const kept = new Map<string, { readonly value: Value }>()
  // A key has at most two runs: an aborted one in `begun`, and one in `queued` that follows it.
  const queued = new Map<string, Run<Value>>()
  const begun = new Map<string, Run<Value>>()

  function find(key: string): Run<Value> {
    const known = begun.get(key)
    if (known?.state === 'running') return known
    const waiting = queued.get(key)
    if (waiting !== undefined) return waiting
    if (known === undefined && begun.size >= maxRuns) throw new TooMuchWorkError('Too much work at a time')
    const run: Run<Value> = { state: 'queued', controller: new AbortController(), clients: new Set() }
    if (known === undefined) begin(key, run)
    else queued.set(key, run)
    return run
  }

  function begin(key: string, run: Run<Value>): void {
    run.state = 'running'
    begun.set(key, run)
    // In a later microtask: the client that needs this run joins it first.
    Promise.resolve()
      .then(() => compute(key, run.controller.signal))
      .then(
        value => {
          if (isKept(value)) keep(key, value)
          end(key)
          for (const client of run.clients) client.resolve(value)
        },
        (error: unknown) => {
          end(key)
          for (const client of run.clients) client.reject(error as Error)
        },
      )
  }

  function end(key: string): void {
    begun.delete(key)
    const next = queued.get(key)
    queued.delete(key)
    if (next !== undefined && next.clients.size > 0) begin(key, next)
  }

  function keep(key: string, value: Value): void {
    kept.set(key, { value })
    for (const oldest of kept.keys()) if (kept.size > MAX_KEPT) kept.delete(oldest)
    setTimeout(() => kept.delete(key), freshFor).unref()
  }

  function join(run: Run<Value>, signal: AbortSignal): Promise<Value> {
    return new Promise((resolve, reject) => {
      function settled(): void {
        signal.removeEventListener('abort', leave)
      }
      const client: Client<Value> = {
        resolve(value) {
          settled()
          resolve(value)
        },
        reject(error) {
          settled()
          reject(error)
        },
      }
      function leave(): void {
        run.clients.delete(client)
        reject(signal.reason as Error)
        if (run.clients.size > 0 || run.state !== 'running') return
        run.state = 'aborted'
        run.controller.abort(signal.reason)
      }
      run.clients.add(client)
      signal.addEventListener('abort', leave, { once: true })
    })
  }

  return async function get(key, signal) {
    signal.throwIfAborted()
    const known = kept.get(key)
    return known === undefined ? join(find(key), signal) : known.value
  }
}
