/**
 * Shows a page the HTTP exchanges that it causes, and no other's: the page makes up a random UUID, opens
 * `/api/exchanges/{uuid}`, and adds `page={uuid}` to the links that it plays. The signature does not cover it.
 */
import { AsyncLocalStorage } from 'node:async_hooks'
import { subscribe } from 'node:diagnostics_channel'
import type { RequestListener, ServerResponse } from 'node:http'
import { STREAM_CHANNELS, type StreamCompletionEvent, type StreamRefusalEvent } from 'express-signed-stream'
import { createEventStreams, type EventStreamsOptions } from './event-streams'
import { recordExchange, type ExchangeRecord } from './exchange'

export interface Exchanges {
  /** @returns `listener`, with what a page that watches causes told to it */
  watch(listener: RequestListener): RequestListener
  /** Responds with the stream of events of `page`, which counts for `client`; false if that is no UUID. */
  open(page: string, res: ServerResponse, client: string): boolean
  /** Ends the streams of events, for good. */
  close(): void
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/
const PURPOSE = /^[a-z]{1,16}$/

/** Exchanges of one page that are followed at the same time; a browser opens six. */
const MAX_UNDER_WAY = 32

const records = new AsyncLocalStorage<ExchangeRecord>()
subscribe(STREAM_CHANNELS.refusal, event => {
  records.getStore()?.refused((event as StreamRefusalEvent).code)
})
subscribe(STREAM_CHANNELS.completion, event => {
  records.getStore()?.completed(event as StreamCompletionEvent)
})

export function createExchanges(options: EventStreamsOptions = {}): Exchanges {
  const streams = createEventStreams(options)
  const underWay = new Map<string, number>()
  let lastKey = 0

  function count(page: string, change: 1 | -1): void {
    const number = (underWay.get(page) ?? 0) + change
    if (number > 0) underWay.set(page, number)
    else underWay.delete(page)
  }

  return {
    watch(listener) {
      return function watchedListener(req, res) {
        const { page, purpose } = readQuery(req.url ?? '')
        if (page === undefined || !streams.has(page) || (underWay.get(page) ?? 0) >= MAX_UNDER_WAY) {
          listener(req, res)
          return
        }
        count(page, 1)
        const record = recordExchange(++lastKey, purpose, req, res, exchange => {
          if (exchange.state === 'end') count(page, -1)
          streams.send(page, 'exchange', exchange)
        })
        records.run(record, listener, req, res)
      }
    },

    open(page, res, client) {
      if (!UUID.test(page)) return false
      streams.open(page, res, client)
      return true
    },

    close() {
      streams.close()
    },
  }
}

function readQuery(url: string): { page: string | undefined; purpose: string | undefined } {
  const start = url.indexOf('?')
  // Most requests of players come without: they are not to be slowed down.
  if (start < 0 || !url.includes('page=', start)) return { page: undefined, purpose: undefined }
  const query = new URLSearchParams(url.slice(start))
  const [page, purpose] = [query.get('page') ?? '', query.get('for') ?? '']
  return {
    page: UUID.test(page) ? page : undefined,
    purpose: PURPOSE.test(purpose) ? purpose : undefined,
  }
}
