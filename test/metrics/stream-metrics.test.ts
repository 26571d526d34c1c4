/** Metrics of an app that serves over real sockets, as Prometheus reads them. */
import { channel } from 'node:diagnostics_channel'
import { createStreamRouter, STREAM_CHANNELS } from 'express-signed-stream'
import { createStreamMetrics } from 'express-signed-stream/metrics'
import { register, Registry, type OpenMetricsContentType } from 'prom-client'
import { STREAM_ERROR_CODES } from '../../src/errors'
import type { AnyRegistry } from '../../src/metrics/meters'
import { ask, type Question } from '../support/client'
import { inSeconds, makeTrackDirectory, pathFor, SECRET, TRACK } from '../support/tracks'
import { counts, parse, serveCounted, sum, type CountedApp } from '../support/scrape'

const tracks = makeTrackDirectory()
tracks.write('track1.mp3', TRACK)
tracks.write('empty.mp3', '')
afterAll(tracks.remove)

const opened: { close: () => unknown }[] = []
afterEach(async () => {
  for (const thing of opened.splice(0)) await thing.close()
})

/** An app that is counted until the test is over. */
async function serve(registry: AnyRegistry = new Registry()): Promise<CountedApp> {
  const metrics = createStreamMetrics({ registry })
  const router = createStreamRouter({ dir: tracks.path, secret: SECRET, maxTtl: 3600 })
  const app = await serveCounted(registry, router)
  opened.push(app, metrics)
  return app
}

function range(value: string): Question {
  return { headers: { Range: value } }
}
const QUESTIONS: readonly (readonly [string, Question?])[] = [
  [pathFor('track1')],
  [pathFor('track1'), range('bytes=0-0')],
  [pathFor('track1'), range('bytes=-5000')],
  [pathFor('track1'), range('bytes=0-9,1000-1999,200000-200009')],
  [pathFor('track1'), range('bytes=9-5')],
  [pathFor('track1'), { method: 'HEAD' }],
  [pathFor('track1'), { headers: { 'If-None-Match': '*' } }],
  [pathFor('empty')],
  [pathFor('track1'), range('bytes=999999-')],
  [pathFor('track1'), { headers: { 'If-Match': '"another"' } }],
  [pathFor('missing')],
  [pathFor('missing'), { method: 'HEAD' }],
  [pathFor('track1', inSeconds(-5))],
  [pathFor('track1', inSeconds(7200))],
  ['/stream/track1'],
  ['/stream/track1?expires=12&sig=34'],
  [`/stream/track1?expires=12&sig=${'ab'.repeat(32)}`],
  ['/stream/a%20b'],
  [pathFor('track1'), { method: 'POST' }],
  [pathFor('track1'), { method: 'PURGE' }],
]

describe('createStreamMetrics', () => {
  it('counts what clients received: statuses, and bytes of bodies', async () => {
    const app = await serve()
    const received: Record<string, number> = {}
    let bytes = 0
    for (const [path, question] of QUESTIONS) {
      const { status, body } = await ask(app.port, path, question)
      received[status] = (received[status] ?? 0) + 1
      if (status < 400) bytes += body.length
    }
    const samples = await app.scrapeAfterwards()
    const counted = Object.keys(received).map(status => [
      status,
      sum(samples, 'signed_stream_requests_total', `status="${status}"`),
    ])
    expect(Object.fromEntries(counted)).toEqual(received)
    expect(sum(samples, 'signed_stream_requests_total')).toBe(QUESTIONS.length)
    expect(samples.get('signed_stream_sent_bytes_total')).toBe(bytes)
    expect(bytes).toBeGreaterThan(2 * TRACK.length)
  })

  it('counts requests by method, status and code, and refusals by code', async () => {
    const app = await serve()
    for (const [path, question] of QUESTIONS) await ask(app.port, path, question)
    const samples = await app.scrapeAfterwards()
    expect(counts(samples, 'signed_stream_requests_total')).toEqual({
      '{method="GET",status="200",code="OK"}': 3,
      '{method="GET",status="206",code="OK"}': 3,
      '{method="HEAD",status="200",code="OK"}': 1,
      '{method="GET",status="304",code="OK"}': 1,
      '{method="GET",status="416",code="RANGE_NOT_SATISFIABLE"}': 1,
      '{method="GET",status="412",code="PRECONDITION_FAILED"}': 1,
      '{method="GET",status="404",code="NOT_FOUND"}': 1,
      '{method="HEAD",status="404",code="NOT_FOUND"}': 1,
      '{method="GET",status="403",code="SIGNATURE_EXPIRED"}': 1,
      '{method="GET",status="403",code="SIGNATURE_LIFETIME"}': 1,
      '{method="GET",status="403",code="SIGNATURE_MISSING"}': 1,
      '{method="GET",status="403",code="SIGNATURE_MALFORMED"}': 1,
      '{method="GET",status="403",code="SIGNATURE_INVALID"}': 1,
      '{method="GET",status="400",code="INVALID_ID"}': 1,
      '{method="POST",status="405",code="METHOD_NOT_ALLOWED"}': 1,
      '{method="_OTHER",status="405",code="METHOD_NOT_ALLOWED"}': 1,
    })
    expect(counts(samples, 'signed_stream_refusals_total')).toEqual({
      '{code="RANGE_NOT_SATISFIABLE"}': 1,
      '{code="PRECONDITION_FAILED"}': 1,
      '{code="NOT_FOUND"}': 2,
      '{code="SIGNATURE_EXPIRED"}': 1,
      '{code="SIGNATURE_LIFETIME"}': 1,
      '{code="SIGNATURE_MISSING"}': 1,
      '{code="SIGNATURE_MALFORMED"}': 1,
      '{code="SIGNATURE_INVALID"}': 1,
      '{code="INVALID_ID"}': 1,
      '{code="METHOD_NOT_ALLOWED"}': 2,
    })
  })

  it('times the first byte and the whole of each response that is no refusal', async () => {
    const app = await serve()
    for (const [path, question] of QUESTIONS) await ask(app.port, path, question)
    const samples = await app.scrapeAfterwards()
    const firstByte = 'signed_stream_time_to_first_byte_seconds'
    expect(counts(samples, `${firstByte}_count`)).toEqual({
      '{status="200"}': 4,
      '{status="206"}': 3,
      '{status="304"}': 1,
    })
    expect(sum(samples, 'signed_stream_duration_seconds_count')).toBe(8)
    const seconds = sum(samples, `${firstByte}_sum`)
    expect(seconds).toBeGreaterThan(0)
    expect(sum(samples, 'signed_stream_duration_seconds_sum')).toBeGreaterThan(seconds)
    expect(sum(samples, 'signed_stream_duration_seconds_sum')).toBeLessThan(30)
  })

  it('reads 0 for refusals and outcomes that have not happened, so that the first one is a rise', async () => {
    const samples = await (await serve()).scrape()
    const codes = STREAM_ERROR_CODES.map(code => samples.get(`signed_stream_refusals_total{code="${code}"}`))
    expect(codes).toEqual(codes.map(() => 0))
    for (const outcome of ['complete', 'client_abort', 'stalled', 'truncated', 'changed', 'read_error']) {
      expect(samples.get(`signed_stream_completions_total{outcome="${outcome}"}`)).toBe(0)
    }
  })

  it('gives away no client, no track and no link', async () => {
    const registry = new Registry()
    const app = await serve(registry)
    const path = pathFor('track1')
    await ask(app.port, path)
    await ask(app.port, pathFor('missing'))
    await app.scrapeAfterwards()
    const text = await registry.metrics()
    for (const secret of ['track1', 'missing', '127.0.0.1', /sig=(.{8})/.exec(path)?.[1]]) {
      expect(text).not.toContain(secret)
    }
  })

  it('reads the same in the format of OpenMetrics', async () => {
    const registry = new Registry<OpenMetricsContentType>()
    registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE)
    const app = await serve(registry)
    await ask(app.port, pathFor('track1'))
    const samples = await app.scrapeAfterwards()
    expect(samples.get('signed_stream_sent_bytes_total')).toBe(TRACK.length)
    expect(samples.get('signed_stream_requests_total{method="GET",status="200",code="OK"}')).toBe(1)
  })

  it('counts all routers of the process together', async () => {
    const registry = new Registry()
    const app = await serve(registry)
    const other = await serveCounted(registry, createStreamRouter(tracks.path, SECRET))
    opened.push(other)
    await ask(app.port, pathFor('track1'), range('bytes=0-9'))
    await ask(other.port, pathFor('track1'), range('bytes=0-4'))
    const samples = await app.scrapeAfterwards()
    expect(samples.get('signed_stream_sent_bytes_total')).toBe(15)
  })

  it('refuses a registry that has its metrics already, and leaves those alone', async () => {
    const registry = new Registry()
    const app = await serve(registry)
    expect(() => createStreamMetrics({ registry })).toThrow(
      'Cannot make createStreamMetrics: the registry has signed_stream_requests_total already, close what made it or choose another prefix',
    )
    await ask(app.port, pathFor('track1'), range('bytes=0-9'))
    const samples = await app.scrapeAfterwards()
    expect(samples.get('signed_stream_sent_bytes_total')).toBe(10)
  })

  it('leaves nothing behind if one of its names is taken', () => {
    const heardBefore = heardChannels()
    const registry = new Registry()
    const before = createStreamMetrics({ registry })
    before.close()
    registry.registerMetric({ name: 'signed_stream_cache_used_bytes' } as never)
    expect(() => createStreamMetrics({ registry })).toThrow('signed_stream_cache_used_bytes already')
    expect(registry.getMetricsAsArray()).toHaveLength(1)
    expect(heardChannels()).toEqual(heardBefore)
  })

  it('counts twice in one registry by two prefixes', async () => {
    const registry = new Registry()
    const app = await serve(registry)
    opened.push(createStreamMetrics({ registry, prefix: 'radio_' }))
    await ask(app.port, pathFor('track1'))
    const samples = await app.scrapeAfterwards()
    expect(samples.get('radio_sent_bytes_total')).toBe(TRACK.length)
    expect(samples.get('signed_stream_sent_bytes_total')).toBe(TRACK.length)
  })

  it('takes its metrics out of the registry when it is closed, and can be made again', async () => {
    const heardBefore = heardChannels()
    const registry = new Registry()
    const metrics = createStreamMetrics({ registry })
    metrics.close()
    metrics.close()
    expect(await registry.metrics()).toBe('\n')
    expect(heardChannels()).toEqual(heardBefore)
    const app = await serve(registry)
    await ask(app.port, pathFor('track1'))
    expect((await app.scrapeAfterwards()).get('signed_stream_sent_bytes_total')).toBe(TRACK.length)
  })

  it('uses the registry that prom-client shares if none is given', async () => {
    const metrics = createStreamMetrics()
    opened.push(metrics)
    expect(metrics.registry).toBe(register)
    expect(parse(await register.metrics()).get('signed_stream_active_streams')).toBe(0)
  })

  it('counts connections of the servers that it is shown, idle ones too', async () => {
    const registry = new Registry()
    const metrics = createStreamMetrics({ registry })
    const app = await serveCounted(registry, createStreamRouter(tracks.path, SECRET))
    opened.push(app, metrics)
    expect((await app.scrape()).has('signed_stream_open_connections')).toBe(false)
    metrics.watchConnections(app.server)
    metrics.watchConnections(app.server)
    // The connection of the scrape itself.
    await app.scrapeUntil(
      samples => samples.get('signed_stream_open_connections') === 1,
      'one connection is open',
    )
    await app.close()
    opened.shift()
    expect(parse(await registry.metrics()).get('signed_stream_open_connections')).toBe(0)
  })

  it.each([
    ['a registry that is none', { registry: {} }, 'registry must be a Registry of prom-client'],
    ['a prefix that no name begins with', { prefix: '9-' }, 'prefix must be letters, digits and underscores'],
    [
      'an option that it does not know',
      { buckets: [1] },
      'unknown option "buckets", known are registry, prefix',
    ],
  ])('refuses %s', (_what, options, message) => {
    expect(() => createStreamMetrics(options as object)).toThrow(
      `Cannot make createStreamMetrics: ${message}`,
    )
  })
})

/** Other test files run in the same process, and may leave subscribers behind. */
function heardChannels(): readonly string[] {
  return Object.values(STREAM_CHANNELS).filter(name => channel(name).hasSubscribers)
}
