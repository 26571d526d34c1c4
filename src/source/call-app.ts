/** Calls a function of the app, which may throw, or never settle. */
import { isThenable } from '../callbacks'
import { LONGEST_TIMER } from '../option-rules'
import type { Grant } from '../signing/authenticate-link'
import { CallContext } from './call-context'
import { SourceError, type Cancellation } from './source'
import type { MaybePromise } from './track-source'
import { untilAborted } from './until-aborted'

export interface AppCall<Result> {
  readonly call: (context: CallContext) => unknown
  /** Checks what the app returned; throws if it is of no use. */
  readonly read: (answer: unknown) => Result
  /** Milliseconds; 0 for no limit. */
  readonly timeout: number
  /** The option that the function comes from, for errors. */
  readonly option: string
}

/**
 * Calls it on behalf of a client, at once if the app is, and waits no longer than the client does.
 *
 * @throws SourceError `unavailable` if the app throws, does not settle in time, or returns something of no use; thrown,
 *   or as a rejection
 */
export function callApp<Result>(
  { call, read, timeout, option }: AppCall<Result>,
  grant: Grant | undefined,
  cancellation: Cancellation,
): MaybePromise<Result> {
  const context = new CallContext(grant, cancellation)
  try {
    const answer = call(context)
    if (isThenable(answer)) return awaitAnswer(answer, read, context, timeout, option)
    context.settle()
    return read(answer)
  } catch (error) {
    context.settle()
    throw toUnavailable(error)
  }
}

async function awaitAnswer<Result>(
  answer: PromiseLike<unknown>,
  read: (answer: unknown) => Result,
  context: CallContext,
  timeout: number,
  option: string,
): Promise<Result> {
  const { signal } = context.client
  let timer: NodeJS.Timeout | undefined
  const tooLate = new Promise<never>((_resolve, reject) => {
    if (timeout === 0) return
    timer = setTimeout(
      () => {
        const error = new Error(`${option} did not settle within ${timeout} ms`)
        reject(error)
        context.abort(error)
      },
      Math.min(timeout, LONGEST_TIMER),
    )
  })
  try {
    return read(await untilAborted(Promise.race([answer, tooLate]), signal))
  } catch (error) {
    throw signal.aborted ? signal.reason : toUnavailable(error)
  } finally {
    clearTimeout(timer)
    context.settle()
  }
}

/** The kinds of a track that was opened say nothing of the app. */
function toUnavailable(error: unknown): SourceError {
  const isKnown = error instanceof SourceError && error.kind === 'unavailable'
  return isKnown ? error : new SourceError('unavailable', { cause: error })
}
