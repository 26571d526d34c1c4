/**
 * Shows a page the HTTP exchanges that it causes, and no others: the page makes up a random UUID, opens
 * `/api/exchanges/{uuid}`, and adds `page={uuid}` to the links that it plays. The signature does not cover it.
 */
import type { RequestListener, ServerResponse } from 'node:http'
import { requestContext, type RequestContext } from '../../front/request-context'
import { subscribeToStreams } from '../../front/stream-events'
import type { Peers } from '../../workers/peers'
import { createEventStreams, type EventStreamsOptions } from './event-streams'
import { recordExchange, type Exchange, type ExchangeRecord } from './exchange'
import { createSharedEventStreams } from './shared-event-streams'

export interface Exchanges {
  /** @returns `listener`, whose exchanges are shown to the page that causes them */
  watch(listener: RequestListener): RequestListener
  /** Responds with the event stream of `page`, which counts for `client`; false if `page` is not a random UUID. */
  open(page: string, res: ServerResponse, client: string): boolean
  /** Ends all event streams, and opens no more. */
  close(): void
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/
const PURPOSE = /^[a-z]{1,16}$/

/** Exchanges of one page that are recorded at the same time; a browser opens six connections. */
const MAX_IN_PROGRESS = 32

/** Exchanges of one worker before its keys meet those of the next. */
const KEYS_OF_WORKER = 2 ** 32

/**
 * @param server as in the context of its requests
 * @param peers the other workers, with which the event stream of a page may be
 */
export function createExchanges(server: object, options: EventStreamsOptions = {}, peers?: Peers): Exchanges {
  const streams = peers === undefined ? createEventStreams(options) : createSharedEventStreams(options, peers)
  const inProgress = new Map<string, number>()
  const records = new WeakMap<RequestContext, ExchangeRecord>()
  let lastKey = (peers?.id ?? 0) * KEYS_OF_WORKER

  /** Only while an exchange is recorded: each event costs all streams something. */
  let unsubscribe: (() => void) | undefined

  function subscribe(): () => void {
    return subscribeToStreams(server, {
      request(event, context) {
        if (context !== undefined) records.get(context)?.requested(event)
      },
      refusal(event, context) {
        if (context !== undefined) records.get(context)?.refused(event)
      },
      completion(event, context) {
        if (context !== undefined) records.get(context)?.completed(event)
      },
    })
  }

  function count(page: string, change: 1 | -1): void {
    const number = (inProgress.get(page) ?? 0) + change
    if (number > 0) inProgress.set(page, number)
    else inProgress.delete(page)
    if (inProgress.size > 0) {
      unsubscribe ??= subscribe()
    } else {
      unsubscribe?.()
      unsubscribe = undefined
    }
  }

  return {
    watch(listener) {
      return function watchedListener(req, res) {
        const { page, purpose } = readQuery(req.url ?? '')
        if (page !== undefined && streams.has(page) && (inProgress.get(page) ?? 0) < MAX_IN_PROGRESS) {
          count(page, 1)
          function onChange(exchange: Exchange): void {
            if (exchange.state === 'end') count(String(page), -1)
            streams.send(String(page), 'exchange', exchange)
          }
          const context = { server }
          records.set(context, recordExchange(req, res, { key: ++lastKey, purpose, onChange }))
          requestContext.run(context, listener, req, res)
        } else {
          listener(req, res)
        }
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
  // Most requests of players have no `page`, and must not be slowed down.
  if (start < 0 || !url.includes('page=', start)) return { page: undefined, purpose: undefined }
  const query = new URLSearchParams(url.slice(start))
  const [page, purpose] = [query.get('page') ?? '', query.get('for') ?? '']
  return {
    page: UUID.test(page) ? page : undefined,
    purpose: PURPOSE.test(purpose) ? purpose : undefined,
  }
}
