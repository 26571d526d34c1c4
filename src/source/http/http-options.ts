/** The options of tracks at an HTTP origin. */
import { Agent as HttpAgent, validateHeaderName, validateHeaderValue } from 'node:http'
import { describe, functionRule, isRecord, type OptionRule } from '../../option-rules'
import { optional, required, type OptionReaders, type SettingsOf } from '../../options'
import { rangedOptions, type RangedSourceOptions } from '../ranged/ranged-options'
import type { LocateContext, MaybePromise } from '../track-source'

/** Where the origin has a track. */
export interface OriginUrl {
  /** Absolute, with `http:` or `https:`. */
  readonly url: string | URL
  /** The media type, if neither the extension of the path nor the `Content-Type` of the origin says it. */
  readonly type?: string | undefined
  /** The name under which a client saves the track, for `Content-Disposition`. */
  readonly fileName?: string | undefined
}

export type RequestHeaders = Readonly<Record<string, string>>

/** A request to the origin before it is signed. */
export interface UnsignedRequest {
  readonly method: 'GET' | 'HEAD'
  readonly url: URL
  /** All fields that will be sent, with names in lower case, but `host` and `connection`. */
  readonly headers: RequestHeaders
  /** Aborts when no client waits for the response any more. */
  readonly signal: AbortSignal
}

export interface SignedRequest {
  /** In place of the URL of the request; at the same origin. */
  readonly url?: string | URL | undefined
  /** Added to the fields of the request. `Range`, the conditions and `Accept-Encoding` cannot be replaced. */
  readonly headers?: RequestHeaders | undefined
}

export interface HttpSourceOptions extends RangedSourceOptions {
  /**
   * The URL of a track, or undefined for a 404. What is known of a track is kept under its URL, so add a signature that
   * changes in `sign`. Escape the id: `encodeURIComponent(id)`.
   */
  readonly url: (
    id: string,
    context: LocateContext,
  ) => MaybePromise<string | URL | OriginUrl | null | undefined>
  /** Fields of each request to the origin, such as `Authorization`; redirects to other origins are not followed. */
  readonly headers?: RequestHeaders | undefined
  /** Called for each request to the origin, to add a signature or a token. */
  readonly sign?: ((request: UnsignedRequest) => MaybePromise<SignedRequest | undefined>) | undefined
  /**
   * Makes the connections, for its certificates, limits or proxy.
   * @defaultValue an agent of this source, which keeps connections open
   */
  readonly agent?: HttpAgent | undefined
}

const headersRule: OptionRule<RequestHeaders> = {
  accepts: (value): value is RequestHeaders => isRecord(value) && findWrongField(value) === undefined,
  expected: 'an object of header fields',
  explain: value => {
    const name = isRecord(value) ? findWrongField(value) : undefined
    return name === undefined
      ? undefined
      : `the field ${describe(name)} with a name or value that cannot be sent`
  },
}

function findWrongField(record: Readonly<Record<string, unknown>>): string | undefined {
  return Object.entries(record).find(([name, value]) => !isField(name, value))?.[0]
}

function isField(name: string, value: unknown): value is string {
  if (typeof value !== 'string') return false
  try {
    validateHeaderName(name)
    validateHeaderValue(name, value)
    return true
  } catch {
    return false
  }
}

const agentRule: OptionRule<HttpAgent> = {
  accepts: (value): value is HttpAgent =>
    value instanceof HttpAgent || (isRecord(value) && typeof value['addRequest'] === 'function'),
  expected: 'an Agent of node:http or node:https',
}

/** Checks and defaults of {@link HttpSourceOptions}. */
export const httpOptions = {
  ...rangedOptions,
  url: required(functionRule<HttpSourceOptions['url']>('(id, { signal, grant }) => url')),
  headers: optional(headersRule),
  sign: optional(functionRule<NonNullable<HttpSourceOptions['sign']>>('(request) => ({ headers })')),
  agent: optional(agentRule),
} satisfies OptionReaders<HttpSourceOptions>

export type HttpSettings = SettingsOf<typeof httpOptions>
