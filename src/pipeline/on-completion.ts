/** The option `onCompletion`: a function of the app that gets the end of each response, to bill or to count it. */
import { callSafely } from '../callbacks'
import type { StreamCompletionEvent } from '../events'
import { functionRule } from '../option-rules'
import { textOfFault, warnOnce } from '../warn-once'
import type { StreamRequest } from './stream-request'

interface CompletionListener {
  onCompletion(event: StreamCompletionEvent, req: StreamRequest): unknown
}

/** With Express, `req` is its own request, and may be declared as that. */
export type OnCompletion = CompletionListener['onCompletion']

export const completionRule = functionRule<OnCompletion>('(event, req) => …')

const warn = warnOnce('EXPRESS_SIGNED_STREAM_ON_COMPLETION')

/** Warns once of a function that failed, if there is no logger. */
export function warnOfCompletion(error: unknown): void {
  warn(() => `onCompletion failed: ${textOfFault(error)}`)
}

export function callOnCompletion(
  onCompletion: OnCompletion | undefined,
  event: StreamCompletionEvent,
  req: StreamRequest,
  onFault: (error: unknown) => void,
): void {
  if (onCompletion !== undefined) callSafely(() => onCompletion(event, req), onFault)
}
