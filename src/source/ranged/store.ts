/** What the engine for ranges needs of a store, whichever protocol it speaks. */
import type { Readable } from 'node:stream'

/** A condition of a request (RFC 9110, section 13.1). */
export interface Condition {
  readonly field: 'if-match' | 'if-none-match' | 'if-unmodified-since' | 'if-modified-since'
  readonly value: string
}

export interface RangeRequest {
  /** The value of `Range`. */
  readonly range: string
  readonly condition: Condition | undefined
  /** The version of the object, if the store has named it. */
  readonly version: string | undefined
}

/** An object as the store describes it, in a response with 200 or 206. */
export interface StoreContent {
  readonly kind: 'content'
  /** Whether the status is 206. */
  readonly isPartial: boolean
  readonly contentLength: number | undefined
  readonly contentRange: string | undefined
  readonly contentType: string | undefined
  readonly contentEncoding: string | undefined
  readonly etag: string | undefined
  /** Seconds since the epoch. */
  readonly lastModified: number | undefined
  /** When the store made the response, in seconds since the epoch. */
  readonly date: number | undefined
  readonly version: string | undefined
  /** Undefined for HEAD. */
  readonly body: Readable | undefined
  /** Frees the connection, also if the body was not read. Never throws; a second call does nothing. */
  release(): void
}

/** What the store responded with; faults of all other kinds are thrown as `SourceError`. */
export type StoreResponse =
  | StoreContent
  /** 304. */
  | { readonly kind: 'unchanged' }
  /** 404. */
  | { readonly kind: 'missing' }
  /** 412. */
  | { readonly kind: 'precondition_failed' }
  /** 416. */
  | { readonly kind: 'unsatisfiable' }

/** One object of a store. */
export interface StoreObject {
  /** The media type, if the app or the name says it; otherwise `Content-Type` does. */
  readonly type: string | undefined
  /** Whether `Last-Modified` may stand in for a missing entity tag. */
  readonly canPinByDate: boolean
  get(request: RangeRequest, signal: AbortSignal): Promise<StoreResponse>
  head(signal: AbortSignal): Promise<StoreResponse>
}
