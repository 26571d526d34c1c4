/** A test of a source that hangs fails by itself, before its runner ends it without a reason. */
import { setTimeout as sleep } from 'node:timers/promises'
import { Mismatch } from './mismatch'

/** Milliseconds for a step that a storage far away may need; below the 5 s that Jest and Vitest give a test. */
export const STEP_LIMIT = 4000
/** Milliseconds until what is aborted, left or closed must be over. */
export const END_LIMIT = 1000
/** Milliseconds until a source must have seen that its storage has changed. */
const NOTICE_LIMIT = 2000
/** Milliseconds between two looks at the source. */
const PAUSE = 10

/** @param what is expected to end, as in "expected … within 1 s" */
export async function within<Result>(
  limit: number,
  result: PromiseLike<Result>,
  what: string,
): Promise<Result> {
  let timer: NodeJS.Timeout | undefined
  const tooLate = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(new Mismatch(`${what} within ${limit / 1000} s`, 'nothing'))
    }, limit)
  })
  try {
    return await Promise.race([result, tooLate])
  } finally {
    clearTimeout(timer)
  }
}

/** The first result of `look` that `holds`, or the last one in time. */
export async function eventually<Result>(
  look: () => Promise<Result>,
  holds: (result: Result) => boolean,
  limit = NOTICE_LIMIT,
): Promise<Result> {
  const end = performance.now() + limit
  for (;;) {
    const result = await look()
    if (holds(result) || performance.now() > end) return result
    await sleep(PAUSE)
  }
}

export type Settled<Value> = { readonly value: Value } | { readonly error: unknown }

/** What `work` gives, or throws, or rejects with. */
export async function settle<Value>(work: () => Value | PromiseLike<Value>): Promise<Settled<Value>> {
  try {
    return { value: await work() }
  } catch (error) {
    if (error instanceof Mismatch) throw error
    return { error }
  }
}
