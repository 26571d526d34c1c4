/** One HTTP exchange of a stream, as the page shows it: filled in while it happens. */
import type { IncomingMessage, OutgoingHttpHeader, OutgoingHttpHeaders, ServerResponse } from 'node:http'
import type { StreamCompletionEvent, StreamErrorCode, StreamOutcome } from 'express-signed-stream'

/** What is sent to the page, once when the head is out and once at the end, under the same `key`. */
export interface Exchange {
  readonly key: number
  readonly state: 'head' | 'end'
  /** What the page wanted it for, in its own word. */
  readonly purpose: string | undefined
  /** Milliseconds since the epoch. */
  readonly startedAt: number
  readonly method: string
  /** The `Range` header as sent, shortened. */
  readonly range: string | undefined
  /** 0 where no head was sent. */
  readonly status: number
  readonly code: StreamErrorCode | undefined
  readonly contentRange: string | undefined
  readonly contentLength: number | undefined
  /** Body bytes that the operating system took. */
  readonly bytesSent: number
  readonly durationMs: number
  /** Undefined while it is under way. */
  readonly outcome: StreamOutcome | 'refused' | undefined
}

export interface ExchangeRecord {
  refused(code: StreamErrorCode): void
  completed(event: StreamCompletionEvent): void
}

const SHOWN_RANGE = 128

/** Follows `res` and tells of it twice; `now` in milliseconds. */
export function recordExchange(
  key: number,
  purpose: string | undefined,
  req: IncomingMessage,
  res: ServerResponse,
  tell: (exchange: Exchange) => void,
): ExchangeRecord {
  const startedAt = Date.now()
  const begin = performance.now()
  let code: StreamErrorCode | undefined
  let completion: StreamCompletionEvent | undefined
  let head: Pick<Exchange, 'status' | 'contentRange' | 'contentLength'> = {
    status: 0,
    contentRange: undefined,
    contentLength: undefined,
  }

  function snapshot(state: Exchange['state']): Exchange {
    const range = req.headers.range?.slice(0, SHOWN_RANGE)
    const durationMs = Math.round((performance.now() - begin) * 10) / 10
    const known = {
      key,
      state,
      purpose,
      startedAt,
      method: req.method ?? '',
      range,
      ...head,
      code,
      durationMs,
    }
    return { ...known, bytesSent: bytesSent(), outcome: state === 'head' ? undefined : outcome() }
  }

  function bytesSent(): number {
    return (
      completion?.bytesSent ?? (res.writableFinished && req.method !== 'HEAD' ? (head.contentLength ?? 0) : 0)
    )
  }

  function outcome(): Exchange['outcome'] {
    if (completion !== undefined) return completion.outcome
    if (!res.writableFinished) return 'client_abort'
    return head.status >= 400 ? 'refused' : 'complete'
  }

  const writeHead = res.writeHead.bind(res) as (...args: unknown[]) => ServerResponse
  // Node's own: `getHeader` does not know what is only handed to `writeHead`.
  res.writeHead = (...args: unknown[]): ServerResponse => {
    writeHead(...args)
    const fields = args.find(arg => typeof arg === 'object') as
      OutgoingHttpHeaders | OutgoingHttpHeader[] | undefined
    const length = fieldOf(res, fields, 'content-length')
    head = {
      status: res.statusCode,
      contentRange: fieldOf(res, fields, 'content-range'),
      contentLength: length === undefined ? undefined : Number(length),
    }
    tell(snapshot('head'))
    return res
  }
  res.once('close', () => {
    // After the other listeners, one of which tells of the completion.
    process.nextTick(() => {
      tell(snapshot('end'))
    })
  })

  return {
    refused(refusal) {
      code = refusal
    },
    completed(event) {
      completion = event
    },
  }
}

/** A field of the head, from wherever it was set: fields are an object, or names and values in turn. */
function fieldOf(
  res: ServerResponse,
  fields: OutgoingHttpHeaders | OutgoingHttpHeader[] | undefined,
  name: string,
): string | undefined {
  const entries = Array.isArray(fields) ? pairs(fields) : Object.entries(fields ?? {})
  const [, value] = entries.find(([key]) => key.toLowerCase() === name) ?? [name, res.getHeader(name)]
  return value === undefined ? undefined : String(value)
}

function pairs(flat: OutgoingHttpHeader[]): [string, OutgoingHttpHeader][] {
  return flat.flatMap((value, index) =>
    index % 2 === 0 ? [[String(value), flat[index + 1] ?? ''] as [string, OutgoingHttpHeader]] : [],
  )
}
