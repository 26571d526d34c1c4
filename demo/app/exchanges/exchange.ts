/** Records one HTTP exchange of a stream for the page, from the events of the package and from the response itself. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type {
  StreamCompletionEvent,
  StreamErrorCode,
  StreamOutcome,
  StreamRefusalEvent,
  StreamRequestEvent,
} from 'express-signed-stream'
import { afterResponse } from '../../front/traffic'

/** Sent to the page when the head of a track is sent, and at the end; both have the same `key`. */
export interface Exchange {
  readonly key: number
  readonly state: 'head' | 'end'
  /** What the page needs the track for, in its own word. */
  readonly purpose: string | undefined
  /** Milliseconds since the epoch. */
  readonly startedAt: number
  readonly method: string
  /** The `Range` header as sent, shortened. */
  readonly range: string | undefined
  /** 0 if no head was sent. */
  readonly status: number
  readonly code: StreamErrorCode | undefined
  readonly contentRange: string | undefined
  readonly contentLength: number | undefined
  /** Body bytes that the operating system took. */
  readonly bytesSent: number
  readonly durationMs: number
  /** Undefined while it is in progress. */
  readonly outcome: StreamOutcome | 'refused' | undefined
}

type Head = Pick<Exchange, 'status' | 'contentRange' | 'contentLength'>

/** What is known once the response has ended. */
type End = Pick<Exchange, 'bytesSent' | 'outcome'>

/** Receives the events of the package for one request. */
export interface ExchangeRecord {
  requested(event: StreamRequestEvent): void
  refused(event: StreamRefusalEvent): void
  completed(event: StreamCompletionEvent): void
}

export interface ExchangeOptions {
  readonly key: number
  readonly purpose: string | undefined
  /** Called when a head is sent, and once at the end. */
  readonly onChange: (exchange: Exchange) => void
}

const SHOWN_RANGE = 128

export function recordExchange(
  req: IncomingMessage,
  res: ServerResponse,
  { key, purpose, onChange }: ExchangeOptions,
): ExchangeRecord {
  const startedAt = Date.now()
  const begin = performance.now()
  const { method = '' } = req
  const range = req.headers.range?.slice(0, SHOWN_RANGE)
  let head: Head | undefined
  let code: StreamErrorCode | undefined
  let completion: StreamCompletionEvent | undefined

  function report(state: Exchange['state'], shownHead: Head, { bytesSent, outcome }: End): void {
    const durationMs = Math.round((performance.now() - begin) * 10) / 10
    const request = { key, state, purpose, startedAt, method, range }
    onChange({ ...request, ...shownHead, code, bytesSent, durationMs, outcome })
  }

  afterResponse(req, res, () => {
    // In the next tick: the package reports the completion in a listener of the same event.
    process.nextTick(() => {
      const lastHead = head ?? headOf(res)
      report('end', lastHead, completion ?? endOf(method, res, lastHead))
    })
  })

  return {
    requested({ status, contentRange, contentLength, firstByteMs }) {
      // The client left before the head was sent.
      if (firstByteMs === undefined) return
      head = { status, contentRange, contentLength }
      report('head', head, { bytesSent: 0, outcome: undefined })
    },
    refused(event) {
      code = event.code
    },
    completed(event) {
      completion = event
    },
  }
}

/** The head of a response that no event describes: a refusal or a preflight. */
function headOf(res: ServerResponse): Head {
  if (!res.headersSent) return { status: 0, contentRange: undefined, contentLength: undefined }
  const [contentRange, contentLength] = [res.getHeader('Content-Range'), res.getHeader('Content-Length')]
  return {
    status: res.statusCode,
    contentRange: contentRange === undefined ? undefined : String(contentRange),
    contentLength: contentLength === undefined ? undefined : Number(contentLength),
  }
}

/** The end of a response that has no completion event. */
function endOf(method: string, res: ServerResponse, { status, contentLength = 0 }: Head): End {
  if (!res.writableFinished) return { bytesSent: 0, outcome: 'client_abort' }
  return {
    bytesSent: method === 'HEAD' ? 0 : contentLength,
    outcome: status >= 400 ? 'refused' : 'complete',
  }
}
