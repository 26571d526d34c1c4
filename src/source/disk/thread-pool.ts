/** How many threads do the work with files in this process: libuv's pool, which Node says nothing about. */

/** Of libuv, if the variable is not set. */
const DEFAULT_THREADS = 4

/** More are not started. */
const MAX_THREADS = 1024

/**
 * Reads `UV_THREADPOOL_SIZE` as libuv does when the first work comes: a number that a text begins with; no number is one
 * thread, and a negative one is a very large one.
 */
export function threadPoolSize(text: string | undefined = process.env['UV_THREADPOOL_SIZE']): number {
  if (text === undefined) return DEFAULT_THREADS
  const number = Number.parseInt(text, 10) || 1
  return number < 0 ? MAX_THREADS : Math.min(number, MAX_THREADS)
}
