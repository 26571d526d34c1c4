/** The metrics, the dashboard and the alerts, judged by Prometheus itself. */
import { join } from 'node:path'
import { createStreamRouter } from 'express-signed-stream'
import { createStreamMetrics, type StreamMetrics } from 'express-signed-stream/metrics'
import { collectDefaultMetrics, Registry } from 'prom-client'
import { startDemo } from '../../demo/start'
import { ALERTS, metricsIn, queriesOf, readDashboard } from '../support/dashboard-queries'
import { openOrigin, serveFrom } from '../support/directory-sources'
import type { RunningServer } from '../support/server'
import { parse, serveCounted, type CountedApp } from '../support/scrape'
import { ask } from '../support/client'
import { makeTrackDirectory, pathFor, SECRET, TRACK } from '../support/tracks'
import { promtool, startPrometheus } from './prometheus'

jest.setTimeout(120_000)

const tracks = makeTrackDirectory()
tracks.write('track1.mp3', TRACK)

const registry = new Registry()
let metrics: StreamMetrics
let app: CountedApp
/** Serves the same tracks from a source that is not a directory. */
let elsewhere: RunningServer
beforeAll(async () => {
  metrics = createStreamMetrics({ registry })
  app = await serveCounted(registry, createStreamRouter({ dir: tracks.path, secret: SECRET }))
  metrics.watchConnections(app.server)
  elsewhere = await serveFrom(openOrigin, tracks.path)
})
afterAll(async () => {
  await app.close()
  await elsewhere.close()
  metrics.close()
  tracks.remove()
})

/** A little of all that is counted. */
async function listenALittle(): Promise<void> {
  await ask(app.port, pathFor('track1'))
  await ask(app.port, pathFor('track1'), { headers: { Range: 'bytes=0-99' } })
  await ask(app.port, pathFor('missing'))
  await ask(app.port, '/stream/track1')
  await ask(elsewhere.port, pathFor('track1'))
}

it('promtool finds nothing wrong with the metrics', async () => {
  await listenALittle()
  const text = (await ask(app.port, '/metrics')).body.toString()
  expect(text).toContain('signed_stream_requests_total{')
  expect(promtool(['check', 'metrics'], text)).toEqual({ code: 0, said: '' })
})

it('promtool finds nothing wrong with what the demo reports, whose bytes are those that clients received', async () => {
  const environment = {
    SECRET_KEY: SECRET,
    AUDIO_DIR: tracks.path,
    STREAM_SERVER_PORT: '0',
    METRICS_PORT: '0',
  }
  const demo = await startDemo(environment, { log: () => undefined, error: () => undefined })
  if (demo?.metricsPort === undefined) throw new Error('The demo does not start')
  let received = 0
  for (const range of ['bytes=0-', 'bytes=100-199', 'bytes=-5', 'bytes=0-9,5000-5999']) {
    received += (await ask(demo.port, pathFor('track1'), { headers: { Range: range } })).body.length
  }
  await ask(demo.port, '/stream/track1')
  let text = ''
  while (!/^signed_stream_completions_total{outcome="complete"} 4$/m.test(text)) {
    text = (await ask(demo.metricsPort, '/metrics')).body.toString()
  }
  expect(promtool(['check', 'metrics'], text)).toEqual({ code: 0, said: '' })
  const samples = parse(text)
  expect(samples.get('signed_stream_sent_bytes_total')).toBe(received)
  expect(samples.get('signed_stream_active_streams')).toBe(0)
  expect(samples.get('signed_stream_refusals_total{code="SIGNATURE_MISSING"}')).toBe(1)
  const dashboard = queriesOf(readDashboard()).flatMap(([, query]) => metricsIn(query))
  expect(dashboard.filter(name => !new RegExp(`^${name}[ {]`, 'm').test(text))).toEqual([])
  await demo.stop()
})

it('promtool finds nothing wrong with the alerts', () => {
  expect(promtool(['check', 'rules', ALERTS])).toMatchObject({ code: 0 })
})

it('the alerts fire when they should, and only then', () => {
  const { code, said } = promtool(['test', 'rules', join(__dirname, 'alerts.yml')])
  expect([code, said]).toEqual([0, expect.stringContaining('SUCCESS')])
})

it('Prometheus has an answer to every query of the dashboard', async () => {
  collectDefaultMetrics({ register: registry })
  await using prometheus = await startPrometheus(app.port)
  const open = new Map(
    queriesOf(readDashboard()).map(([title, query]) => [
      query.replaceAll('$__rate_interval', '10s').replaceAll(/\$(?:job|instance)/g, '.*'),
      title,
    ]),
  )
  expect(open.size).toBeGreaterThan(20)
  while (open.size > 0) {
    await listenALittle()
    for (const query of open.keys()) {
      const values = await prometheus.query(query)
      if (values.length > 0 && values.every(Number.isFinite)) open.delete(query)
    }
  }
  expect(await prometheus.query('sum(signed_stream_requests_total{job="audio"})')).not.toEqual([0])
})
