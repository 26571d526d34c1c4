/** A real server of the package, and the requests that it served, by its own events. */
import { AsyncLocalStorage } from 'node:async_hooks'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { EventEmitter, once } from 'node:events'
import {
  createSigner,
  createStreamRouter,
  STREAM_CHANNELS,
  type Links,
  type StreamCompletionEvent,
  type StreamRefusalEvent,
  type TrackSource,
} from 'express-signed-stream'
import { HOSTS, listen } from './server'
import { SECRET } from './tracks'

/** One request that has ended, and how. */
export interface Served {
  readonly method: string
  /** The `Range` header as sent. */
  readonly range: string | undefined
  readonly userAgent: string | undefined
  /** Whether the request depended on the tag or the date that the client knew. */
  readonly isConditional: boolean
  readonly hasCookie: boolean
  readonly status: number
  /** Why it was refused. */
  readonly code: string | undefined
  /** The `Content-Range` of the response. */
  readonly contentRange: string | undefined
  /** How a served response ended. */
  readonly outcome: string | undefined
  /** Body bytes that the operating system took. */
  readonly bytesSent: number
}

export interface StreamServer {
  readonly origin: string
  /** A fresh signed link. */
  readonly url: (id: string) => string
  /** What was served since the last call, once `condition` holds for it. */
  readonly servedWhen: (condition: (served: readonly Served[]) => boolean) => Promise<readonly Served[]>
  /** What was served since the last call, once all of it has ended and every client is gone. */
  readonly served: () => Promise<readonly Served[]>
  readonly close: () => Promise<void>
}

const [[, mountInExpress5]] = HOSTS as [(typeof HOSTS)[0]]

type EndEvent = StreamRefusalEvent | StreamCompletionEvent

export interface StreamServerOptions {
  /** By default, those of the secret of the tests. */
  readonly links?: Links
  readonly listen?: typeof listen
}

/** Serves at `/stream` the tracks of a directory, or of a source. */
export async function startStreamServer(
  from: string | TrackSource,
  mount = mountInExpress5,
  { links, listen: start = listen }: StreamServerOptions = {},
): Promise<StreamServer> {
  const ended: Served[] = []
  const changes = new EventEmitter()
  const current = new AsyncLocalStorage<(event: EndEvent) => void>()
  let openRequests = 0
  let openSockets = 0

  function tell(event: unknown): void {
    current.getStore()?.(event as EndEvent)
  }
  for (const name of [STREAM_CHANNELS.completion, STREAM_CHANNELS.refusal]) subscribe(name, tell)

  const handler = mount(
    createStreamRouter({
      ...(typeof from === 'string' ? { dir: from } : { source: from }),
      ...(links === undefined ? { secret: SECRET } : { links }),
    }),
  )
  const running = await start((req, res) => {
    openRequests += 1
    // Node remembers the headers of writeHead, for getHeader, only beside one that was set before.
    res.setHeader('X-Served-By', 'stream-server')

    let hasEnded = false
    function end(event?: EndEvent): void {
      if (hasEnded) return
      hasEnded = true
      openRequests -= 1
      if (event !== undefined || res.headersSent) {
        ended.push({
          method: req.method ?? '',
          range: req.headers.range,
          userAgent: req.headers['user-agent'],
          isConditional: Object.keys(req.headers).some(name => name.startsWith('if-')),
          hasCookie: req.headers.cookie !== undefined,
          status: event?.status ?? res.statusCode,
          code: event !== undefined && 'code' in event ? event.code : undefined,
          contentRange: res.getHeader('Content-Range')?.toString(),
          outcome: event !== undefined && 'outcome' in event ? event.outcome : undefined,
          bytesSent: event !== undefined && 'bytesSent' in event ? event.bytesSent : 0,
        })
      }
      changes.emit('change')
    }
    // A preflight has no event, nor has a client that leaves before the track is open; any other event comes first.
    res.once('close', () => setImmediate(end))
    current.run(end, () => {
      handler(req, res)
    })
  })
  running.server.on('connection', socket => {
    openSockets += 1
    socket.once('close', () => {
      openSockets -= 1
      changes.emit('change')
    })
  })
  const signer = createSigner({ secret: SECRET, baseUrl: `${running.origin}/stream` })

  async function servedWhen(condition: (served: readonly Served[]) => boolean): Promise<readonly Served[]> {
    while (!condition(ended)) await once(changes, 'change')
    return ended.splice(0)
  }

  async function close(): Promise<void> {
    for (const name of [STREAM_CHANNELS.completion, STREAM_CHANNELS.refusal]) unsubscribe(name, tell)
    await running.close()
  }

  return {
    origin: running.origin,
    url: id => signer.signUrl(id, { expiresIn: 600 }),
    servedWhen,
    served() {
      // Firefox keeps a connection for the next page.
      running.server.closeIdleConnections()
      return servedWhen(() => openRequests === 0 && openSockets === 0)
    },
    close,
  }
}

/** The first byte of a `Range` or `Content-Range`; undefined if there is none. */
export function firstByte(field: string | undefined): number | undefined {
  const digits = /^bytes[= ](\d+)-/.exec(field ?? '')?.[1]
  return digits === undefined ? undefined : Number(digits)
}

/** Those of `served` that begin inside the track: the seeks. */
export function seeks(served: readonly Served[]): readonly Served[] {
  return served.filter(({ status, contentRange }) => status === 206 && (firstByte(contentRange) ?? 0) > 0)
}

export function totalSent(served: readonly Served[]): number {
  return served.reduce((sum, { bytesSent }) => sum + bytesSent, 0)
}
