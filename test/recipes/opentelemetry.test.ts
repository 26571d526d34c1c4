/** The recipe of `docs/recipes/opentelemetry.md`, which sends its spans to a collector of this test. */
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'
import { ask, connectTo, rawGet } from '../support/client'
import { eventually } from '../support/eventually'
import { pathFor } from '../support/tracks'
import { startRecipe, type RunningRecipe } from './support/start-recipe'

/** OTLP by JSON: SpanKind and StatusCode are numbers. */
const SERVER_SPAN = 2
const UNSET = 0

interface Span {
  readonly kind: number
  readonly name: string
  readonly status: { readonly code: number }
  readonly attributes: readonly {
    readonly key: string
    readonly value: { readonly stringValue?: string; readonly intValue?: number | string }
  }[]
}

interface Export {
  readonly resourceSpans?: readonly {
    readonly scopeSpans: readonly { readonly spans: readonly Span[] }[]
  }[]
}

let collector: Server
let running: RunningRecipe
let spans: Span[]

beforeAll(async () => {
  collector = createServer((req, res) => {
    void json(req).then(body => {
      const { resourceSpans = [] } = body as Export
      spans.push(...resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(scope => scope.spans)))
      res.writeHead(200, { 'Content-Type': 'application/json' }).end('{}')
    })
  }).listen(0, '127.0.0.1')
  await once(collector, 'listening')
  const { port } = collector.address() as AddressInfo
  running = await startRecipe({
    recipe: 'opentelemetry',
    args: ['--require', './instrumentation.js', 'server.js'],
    env: {
      OTEL_SERVICE_NAME: 'audio',
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}`,
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
      OTEL_METRICS_EXPORTER: 'none',
      OTEL_LOGS_EXPORTER: 'none',
      OTEL_BSP_SCHEDULE_DELAY: '50',
      OTEL_SEMCONV_STABILITY_OPT_IN: 'http',
    },
  })
})
beforeEach(() => {
  spans = []
})
afterAll(async () => {
  await running[Symbol.asyncDispose]()
  collector.close()
  collector.closeAllConnections()
  await once(collector, 'close')
})

/** The spans of the server, when one has come. */
async function serverSpans(): Promise<Span[]> {
  return eventually(() => {
    const found = spans.filter(({ kind }) => kind === SERVER_SPAN)
    return found.length > 0 && found
  }, 'a span of the server comes')
}

function attribute({ attributes }: Span, name: string): string | undefined {
  const { value } = attributes.find(({ key }) => key === name) ?? {}
  return value && String(value.stringValue ?? value.intValue)
}

it.each([
  ['a track', pathFor('track1'), {}, 200],
  ['a range', pathFor('track1'), { range: 'bytes=0-99' }, 206],
  ['a refused link', '/stream/track1', {}, 403],
  ['a track that is not there', pathFor('nowhere'), {}, 404],
])(
  'makes one span of the server for %s, with its status and without an error',
  async (_what, path, headers, status) => {
    await ask(running.port, path, { headers })
    const found = await serverSpans()
    expect(
      found.map(span => ({
        status: attribute(span, 'http.response.status_code'),
        path: attribute(span, 'url.path'),
        outcome: span.status.code,
      })),
    ).toEqual([{ status: String(status), path: path.split('?')[0], outcome: UNSET }])
  },
)

it('ends the span of a client that disconnects', async () => {
  const socket = connectTo(running.port, rawGet(pathFor('long')))
  await once(socket, 'data')
  socket.destroy()
  const [span, ...others] = await serverSpans()
  expect(others).toEqual([])
  expect(span && attribute(span, 'url.path')).toBe('/stream/long')
  expect(span?.status.code).toBe(UNSET)
})

it('sends no signature to the collector', async () => {
  await ask(running.port, pathFor('track1'))
  await serverSpans()
  expect(JSON.stringify(spans)).not.toMatch(/sig=[0-9a-f]/)
})
