/** Limits how many tasks run at a time. The others wait in the order of their calls. */

/** Runs `task` when a slot is free; rejects with the signal's reason if it aborts before that. */
export type Slots = <Value>(task: () => Promise<Value>, signal: AbortSignal) => Promise<Value>

export function createSlots(count: number): Slots {
  let free = count
  const waiting = new Set<() => void>()

  function release(): void {
    const [next] = waiting
    if (next === undefined) free += 1
    else {
      waiting.delete(next)
      next()
    }
  }

  function acquire(signal: AbortSignal): Promise<void> | undefined {
    if (free > 0) {
      free -= 1
      return undefined
    }
    return new Promise((resolve, reject) => {
      function take(): void {
        signal.removeEventListener('abort', leave)
        resolve()
      }
      function leave(): void {
        waiting.delete(take)
        reject(signal.reason as Error)
      }
      waiting.add(take)
      signal.addEventListener('abort', leave, { once: true })
    })
  }

  return async function run(task, signal) {
    signal.throwIfAborted()
    await acquire(signal)
    try {
      return await task()
    } finally {
      release()
    }
  }
}
