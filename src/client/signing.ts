/** The attempts of one renewal, and the waits between them. `retry-delay.ts` has the rules. */
import type { Random } from './random.ts'
import { statusOfRefusal } from './refusal.ts'
import { retryDelay } from './retry-delay.ts'
import { callSign, type Sign } from './sign.ts'

export interface SigningOptions<Result> {
  readonly sign: Sign
  readonly read: (result: unknown, askedAt: number) => Result
  /** Aborts when the player is closed. */
  readonly closed: AbortSignal
  /** Called before each further attempt; if it throws, the renewal ends with that error. */
  readonly throwIfAbandoned: () => void
  readonly random: Random
  /** Milliseconds until the link in use expires. */
  readonly remaining: () => number
}

export interface Signing<Result> {
  /** Rejects with the error of the last attempt, or with the reason of `closed`. */
  readonly result: Promise<Result>
  /** Calls `sign` at once. */
  readonly start: () => void
  /** Ends the wait for the next attempt, if one is pending. */
  readonly retryNow: () => void
}

export function prepareSigning<Result>(options: SigningOptions<Result>): Signing<Result> {
  const { sign, read, closed, throwIfAbandoned, random, remaining } = options
  let start: () => void
  let pause: Pause | undefined

  async function run(): Promise<Result> {
    let failures = 0
    let postponements = 0
    let waited = 0
    for (;;) {
      const attempt = await callSign(sign, closed, read)
      if (attempt.kind === 'signed') return attempt.result
      closed.throwIfAborted()
      const { error, retryAfter } = attempt
      // Without a wait that it names, the server would refuse again: the app gets to know at once.
      if (retryAfter === undefined && statusOfRefusal(error) !== undefined) throw error
      const delay = retryDelay({ failures, postponements, waited }, retryAfter, remaining(), random)
      if (delay === undefined) throw error
      if (retryAfter === undefined) failures += 1
      else {
        postponements += 1
        waited += delay
      }
      pause = startPause(delay, closed)
      await pause.over
      pause = undefined
      throwIfAbandoned()
    }
  }

  const result = new Promise<Result>(resolve => {
    start = () => {
      resolve(run())
    }
  })
  return {
    result,
    start() {
      start()
    },
    retryNow() {
      pause?.end()
    },
  }
}

interface Pause {
  readonly over: Promise<void>
  readonly end: () => void
}

/** Ends at once when `closed` aborts. */
function startPause(milliseconds: number, closed: AbortSignal): Pause {
  let resolveOver: () => void
  const over = new Promise<void>(resolve => {
    resolveOver = resolve
  })
  const timer = setTimeout(end, milliseconds)
  closed.addEventListener('abort', end)

  function end(): void {
    clearTimeout(timer)
    closed.removeEventListener('abort', end)
    resolveOver()
  }
  return { over, end }
}
