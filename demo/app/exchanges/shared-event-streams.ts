/** The event streams of all workers: that of a page may be with another worker than the track that it plays. */
import type { Peers } from '../../workers/peers'
import { createEventStreams, type EventStreams, type EventStreamsOptions } from './event-streams'

/** What one worker sends to a page of another. */
interface Sent {
  readonly page: string
  readonly event: string
  readonly data: object
}

export function createSharedEventStreams(options: EventStreamsOptions, peers: Peers): EventStreams {
  /** By page, the other worker that has its stream. */
  const elsewhere = new Map<string, number>()
  const own = createEventStreams({
    ...options,
    onChange(page, state) {
      if (state === 'open') elsewhere.delete(page)
      peers.tellOthers(state === 'open' ? 'page opened' : 'page closed', page)
    },
  })

  peers.on('page opened', (page: string, worker) => {
    elsewhere.set(page, worker)
    own.end(page)
  })
  peers.on('page closed', (page: string, worker) => {
    if (elsewhere.get(page) === worker) elsewhere.delete(page)
  })
  peers.on('worker ended', (worker: number) => {
    for (const [page, owner] of elsewhere) if (owner === worker) elsewhere.delete(page)
  })
  peers.on('page event', ({ page, event, data }: Sent) => {
    own.send(page, event, data)
  })
  peers.on('pages', () => ({ worker: peers.id, pages: own.pages() }))
  // Those that opened before this worker began.
  void peers.askOthers<{ worker: number; pages: string[] }>('pages', undefined).then(({ answers }) => {
    for (const { worker, pages } of answers) {
      for (const page of pages) if (!own.has(page)) elsewhere.set(page, worker)
    }
  })

  return {
    ...own,
    has: page => own.has(page) || elsewhere.has(page),
    send(page, event, data) {
      if (own.has(page)) own.send(page, event, data)
      else if (elsewhere.has(page)) peers.tellOthers('page event', { page, event, data } satisfies Sent)
    },
  }
}
