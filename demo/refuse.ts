/** Refusals of the server itself, in the shape in which the stream refuses: plain text that nobody keeps, open to pages. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { Buffer } from 'node:buffer'
import cors from 'cors'

export interface Refusal {
  readonly status: 429 | 503
  readonly text: string
  /** Seconds after which to ask again. */
  readonly retryAfter: number
}

export type Refuser = (req: IncomingMessage, res: ServerResponse, refusal: Refusal) => void

/** @param origin the origins whose pages may read the refusal */
export function createRefuser(origin: '*' | string[]): Refuser {
  const crossOrigin = cors<IncomingMessage>({ origin, exposedHeaders: ['Retry-After'] }) as (
    req: IncomingMessage,
    res: ServerResponse,
    next: () => void,
  ) => void

  return function refuse(req, res, { status, text, retryAfter }) {
    crossOrigin(req, res, () => {
      res.writeHead(status, {
        'Content-Type': 'text/plain; charset=utf-8',
        'Content-Length': Buffer.byteLength(text),
        'Cache-Control': 'no-store',
        'Retry-After': String(retryAfter),
        'X-Content-Type-Options': 'nosniff',
        'Cross-Origin-Resource-Policy': 'cross-origin',
        'Referrer-Policy': 'no-referrer',
      })
      res.end(text)
    })
  }
}
