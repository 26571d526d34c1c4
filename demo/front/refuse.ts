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
    const body = cannotReadBody(req) ? '' : text
    crossOrigin(req, res, () => {
      res.writeHead(status, {
        'Content-Type': 'text/plain; charset=utf-8',
        'Content-Length': Buffer.byteLength(body),
        'Cache-Control': 'no-store',
        'Retry-After': String(retryAfter),
        'X-Content-Type-Options': 'nosniff',
        'Cross-Origin-Resource-Policy': 'cross-origin',
        'Referrer-Policy': 'no-referrer',
      })
      res.end(body)
    })
  }
}

/**
 * Whether a media element of another origin asks, without CORS: Chromium blocks a body of text for it, asks again for
 * half a minute, and only then fires `error`. Without a body it fires at once.
 */
function cannotReadBody({ headers }: IncomingMessage): boolean {
  const { 'sec-fetch-dest': dest, 'sec-fetch-mode': mode, 'sec-fetch-site': site } = headers
  const isMedia = dest === 'audio' || dest === 'video'
  return isMedia && mode === 'no-cors' && site !== undefined && site !== 'same-origin'
}
