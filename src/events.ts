/**
 * The events of each request, on `node:diagnostics_channel`: one refusal, or one request and then always one
 * completion. No event holds a whole signature. Each names whose request it was, as far as that is known, so that bytes
 * can be billed and a leaked link can be found.
 */
import { channel, type Channel } from 'node:diagnostics_channel'
import { callSafely } from './callbacks'
import type { StreamErrorCode } from './errors'
import { textOfFault, warnOnce } from './warn-once'

/**
 * How a response ended. A client that leaves is a normal outcome, not an error; `server_abort` means that this process
 * closed an intact response, such as an app's time-out or the end of the server. `revoked`, `displaced` and `ended` are
 * streams that this package disconnected: their link was revoked, a newer stream of their listener took their place, or
 * the app ended them, by a drain or one by one. `offloaded` is a response whose bytes a proxy or a store sends: how that ends is
 * not known here.
 */
export type StreamOutcome =
  | 'complete'
  | 'client_abort'
  | 'server_abort'
  | 'stalled'
  | 'truncated'
  | 'changed'
  | 'read_error'
  | 'revoked'
  | 'displaced'
  | 'ended'
  | 'offloaded'

/** By which link a client has come, and from where. */
export interface StreamAttribution {
  /** The pseudonym of the person for whom the link was signed; undefined if the link has none. */
  readonly listener: string | undefined
  /** The name of the link: its `linkId`, or the first 32 digits of its signature. Undefined without an authentic link. */
  readonly linkId: string | undefined
  readonly clientIp: string | undefined
  /** The `id` that the app gave the request, as pino-http does; at most 64 characters of it. */
  readonly requestId: string | undefined
}

/** What the request and the completion of one response have in common. */
interface StreamResponseEvent extends StreamAttribution {
  readonly id: string
  readonly method: string
  /** Which secret of the list signed the link, 0 being the first; undefined if no signature is required. */
  readonly keyIndex: number | undefined
  /** The `Range` header as sent, at most 128 characters of it. */
  readonly range: string | undefined
  /** Of the response: 200, 206 or 304. */
  readonly status: number
  /** The `Content-Range` of the response; undefined if it has none. */
  readonly contentRange: string | undefined
  /** The `Content-Length` of the response, also to HEAD; undefined for 304. */
  readonly contentLength: number | undefined
  /** Milliseconds until the head was written, with fractions; undefined if the client left before. */
  readonly firstByteMs: number | undefined
}

/** An authorised request for a track that can be read, when its response begins. */
export type StreamRequestEvent = StreamResponseEvent

/** A request that was refused. */
export interface StreamRefusalEvent extends StreamAttribution {
  readonly code: StreamErrorCode
  readonly status: number
  /** The id, if it is valid. */
  readonly id: string | undefined
  readonly method: string
  /** Which secret of the list signed the link; undefined if none did. */
  readonly keyIndex: number | undefined
  /** The `Range` header as sent, at most 128 characters of it. */
  readonly range: string | undefined
  /** The first characters of the `sig` of the request. */
  readonly signature: string | undefined
  /** The first characters of the `expires` of the request. */
  readonly expires: string | undefined
  /** The underlying error, for `SOURCE_UNAVAILABLE`. */
  readonly cause: unknown
}

/** The end of a response that served a track (200, 206, 304; also HEAD). */
export interface StreamCompletionEvent extends StreamResponseEvent {
  readonly outcome: StreamOutcome
  /** Body bytes that the operating system took; the client may have received less. */
  readonly bytesSent: number
  /** Milliseconds from the request to the end of the response, with fractions. */
  readonly durationMs: number
  /** The underlying error, for `read_error`. */
  readonly cause: unknown
}

/** A request that was served, and that an enforcement on trial would have refused. */
export interface StreamReportEvent extends StreamAttribution {
  /** Of the refusal that it would have been. */
  readonly code: StreamErrorCode
  readonly id: string
}

/** One link was begun from several networks: it may have been passed on. */
export interface StreamSharedEvent extends StreamAttribution {
  readonly id: string
  /** Different networks from which it was begun so far. */
  readonly networks: number
}

/** Bytes of a track that were read for a response; published only while the channel has subscribers. */
export interface StreamReadEvent {
  /** Whether they were in memory, or were read from a disk, or from another storage. */
  readonly origin: 'memory' | 'disk' | 'store'
  readonly bytes: number
  /** The memory that this track shares with others, the same object each time; undefined without a cache. */
  readonly cache: StreamCache | undefined
}

/** A call of a source that is not a directory, at its end; a read that is tried again is a call for each attempt. */
export interface StreamFetchEvent {
  /** Of the track; the id of the first request, if several ids lead to it. */
  readonly id: string
  /** Whether it opened a track, which may bring first bytes, or read bytes of a known version. */
  readonly operation: 'open' | 'read'
  /**
   * - `complete`: it brought what was requested
   * - `unchanged`: the known version is the current one
   * - `not_found`: there is no such track
   * - `aborted`: every client that waited for it has left
   * - `changed`: the storage has another version by now, or none
   * - `timed_out`: a time limit was exceeded
   * - `failed`: any other error
   */
  readonly outcome: 'complete' | 'unchanged' | 'not_found' | 'aborted' | 'changed' | 'timed_out' | 'failed'
  /** From 1; more for a retry. */
  readonly attempt: number
  /** Bytes of content that it brought. */
  readonly bytes: number
  /** Milliseconds until the storage responded, with fractions; undefined if it did not. */
  readonly firstByteMs: number | undefined
  /** Milliseconds, with fractions. */
  readonly durationMs: number
  /** The underlying error, if it failed. */
  readonly cause: unknown
}

export interface StreamCache {
  /** Bytes that it holds now. */
  readonly usedBytes: number
}

/** The event of each channel, by the names of {@link STREAM_CHANNELS}. */
export interface StreamEvents {
  readonly request: StreamRequestEvent
  readonly refusal: StreamRefusalEvent
  readonly completion: StreamCompletionEvent
  readonly report: StreamReportEvent
  readonly shared: StreamSharedEvent
  readonly read: StreamReadEvent
  readonly fetch: StreamFetchEvent
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
  report: 'express-signed-stream:report',
  shared: 'express-signed-stream:shared',
  read: 'express-signed-stream:read',
  fetch: 'express-signed-stream:fetch',
})

const requests = channel(STREAM_CHANNELS.request)
const refusals = channel(STREAM_CHANNELS.refusal)
const completions = channel(STREAM_CHANNELS.completion)
const reports = channel(STREAM_CHANNELS.report)
const shares = channel(STREAM_CHANNELS.shared)
const reads = channel(STREAM_CHANNELS.read)
const fetches = channel(STREAM_CHANNELS.fetch)

/** Whether a channel has subscribers, so that its event is worth making. */
export const hasSubscribers = {
  request: (): boolean => requests.hasSubscribers,
  refusal: (): boolean => refusals.hasSubscribers,
  completion: (): boolean => completions.hasSubscribers,
  read: (): boolean => reads.hasSubscribers,
}

/** Receives what a subscriber throws or rejects with. */
export type OnSubscriberFault = (error: unknown) => void

export function publishRequest(event: StreamRequestEvent, onFault: OnSubscriberFault): void {
  publish(requests, event, onFault)
}

export function publishRefusal(event: StreamRefusalEvent, onFault: OnSubscriberFault): void {
  publish(refusals, event, onFault)
}

export function publishCompletion(event: StreamCompletionEvent, onFault: OnSubscriberFault): void {
  publish(completions, event, onFault)
}

export function publishReport(event: StreamReportEvent, onFault: OnSubscriberFault): void {
  publish(reports, event, onFault)
}

export function publishShared(event: StreamSharedEvent, onFault: OnSubscriberFault): void {
  publish(shares, event, onFault)
}

/** Takes the fields one by one, so that it allocates nothing without subscribers. */
export function publishRead(
  origin: StreamReadEvent['origin'],
  bytes: number,
  cache: StreamCache | undefined,
): void {
  if (reads.hasSubscribers)
    publish(reads, { origin, bytes, cache } satisfies StreamReadEvent, warnOfSubscriber)
}

export function publishFetch(event: StreamFetchEvent, onFault: OnSubscriberFault): void {
  publish(fetches, event, onFault)
}

/** Node's channels keep their subscribers here, from version 14 to 26. */
interface SubscribedChannel extends Channel {
  readonly _subscribers?: readonly ((message: unknown, name: string | symbol) => unknown)[]
}

/**
 * Node's own `publish` turns what a subscriber throws into an uncaught exception, which ends the process and every
 * stream in progress. It is used only if the list of subscribers cannot be read.
 */
function publish(to: SubscribedChannel, event: object, onFault: OnSubscriberFault): void {
  if (!to.hasSubscribers) return
  if (to._subscribers === undefined) {
    to.publish(event)
    return
  }
  for (const subscriber of to._subscribers) callSafely(() => subscriber(event, to.name), onFault)
}

const warn = warnOnce('EXPRESS_SIGNED_STREAM_SUBSCRIBER')

/** Warns once of a subscriber that failed, if there is no logger. */
export function warnOfSubscriber(error: unknown): void {
  warn(() => `A subscriber of a diagnostics channel failed: ${textOfFault(error)}`)
}
