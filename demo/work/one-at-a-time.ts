/** Does a task once for all who want it at the same time. */

/** Calls during a run get its result: a task that hangs holds one thread of the pool, and not all of them. */
export function oneAtATime<Value>(task: () => Promise<Value>): () => Promise<Value> {
  let running: Promise<Value> | undefined
  return () =>
    (running ??= task().finally(() => {
      running = undefined
    }))
}
