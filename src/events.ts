/**
 * What is told of each request, on `node:diagnostics_channel`: one request or refusal, then one completion for what
 * was served. No event holds a signature that would still open something.
 */
import { channel } from 'node:diagnostics_channel'
import type { StreamErrorCode } from './errors'

/** How a response ended. A client that leaves is a normal outcome, not an error. */
export type StreamOutcome = 'complete' | 'client_abort' | 'stalled' | 'truncated' | 'changed' | 'read_error'

/** An authorised request for a track that exists, before its first byte. */
export interface StreamRequestEvent {
  readonly id: string
  readonly method: string
  /** The `Range` header as sent, at most 128 characters of it. */
  readonly range: string | undefined
  readonly clientIp: string | undefined
}

/** A request that was refused. */
export interface StreamRefusalEvent {
  readonly code: StreamErrorCode
  readonly status: number
  /** The id, where it was valid. */
  readonly id: string | undefined
  readonly method: string
  readonly clientIp: string | undefined
  /** The first characters of the `sig` that was presented. */
  readonly signature: string | undefined
  /** The first characters of the `expires` that was presented. */
  readonly expires: string | undefined
  /** What failed underneath, for `SOURCE_UNAVAILABLE`. */
  readonly cause: unknown
}

/** The end of a response that served a track (200, 206, 304; also HEAD). */
export interface StreamCompletionEvent {
  readonly id: string
  readonly method: string
  readonly status: number
  readonly outcome: StreamOutcome
  /** Body bytes that the operating system took; the client may have received less. */
  readonly bytesSent: number
  readonly durationMs: number
  /** What failed underneath, for `read_error`. */
  readonly cause: unknown
}

/**
 * The channels that events are published on.
 *
 * @example
 * import { subscribe } from 'node:diagnostics_channel'
 * subscribe(STREAM_CHANNELS.completion, event => histogram.observe(event.bytesSent))
 */
export const STREAM_CHANNELS = Object.freeze({
  request: 'express-signed-stream:request',
  refusal: 'express-signed-stream:refusal',
  completion: 'express-signed-stream:completion',
})

const requests = channel(STREAM_CHANNELS.request)
const refusals = channel(STREAM_CHANNELS.refusal)
const completions = channel(STREAM_CHANNELS.completion)

export function publishRequest(event: StreamRequestEvent): void {
  requests.publish(event)
}

export function publishRefusal(event: StreamRefusalEvent): void {
  refusals.publish(event)
}

export function publishCompletion(event: StreamCompletionEvent): void {
  completions.publish(event)
}
