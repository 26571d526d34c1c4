import { ask } from '../support/client'
import { makeTrackDirectory, pathFor, TRACK } from '../support/tracks'
import { runDemo } from './running'

const directory = makeTrackDirectory()
directory.write('track1.mp3', TRACK)
afterAll(directory.remove)

const METRICS_TOKEN = 'a token of some length'

/** The value of the sample of this name and these labels. */
function sample(text: string, name: string): number {
  const line = text.split('\n').find(candidate => candidate.startsWith(`${name} `))
  return line === undefined ? NaN : Number(line.slice(name.length + 1))
}

async function read(port: number | undefined): Promise<string> {
  const { status, headers, body } = await ask(port ?? 0, '/metrics')
  expect([status, headers['cache-control']]).toEqual([200, 'no-store'])
  expect(headers['content-type']).toMatch(/^text\/plain; version=0\.0\.4/)
  return body.toString()
}

describe('/metrics', () => {
  it('is off by default', async () => {
    await using demo = await runDemo(directory.path)
    expect((await ask(demo.port, '/metrics')).status).toBe(404)
    expect(demo.metricsPort).toBeUndefined()
  })

  it('counts streams, refusals, limits, connections and the process on a port of its own', async () => {
    await using demo = await runDemo(directory.path, {
      METRICS_PORT: '0',
      MAX_REFUSALS_PER_MINUTE: '1',
    })
    await ask(demo.port, pathFor('track1'))
    for (let count = 0; count < 3; count += 1) await ask(demo.port, '/stream/track1')
    const text = await read(demo.metricsPort)
    expect(sample(text, 'signed_stream_requests_total{method="GET",status="200",code="OK"}')).toBe(1)
    expect(sample(text, 'signed_stream_refusals_total{code="SIGNATURE_MISSING"}')).toBe(1)
    expect(sample(text, 'signed_stream_limited_total{limit="refusals"}')).toBe(2)
    expect(sample(text, 'signed_stream_limited_total{limit="streams"}')).toBe(0)
    expect(sample(text, 'signed_stream_open_connections')).toBeGreaterThanOrEqual(0)
    expect(sample(text, 'process_resident_memory_bytes')).toBeGreaterThan(1_000_000)
    expect(sample(text, 'process_cpu_seconds_total')).toBeGreaterThan(0)
    expect(text).toMatch(/^nodejs_eventloop_lag_seconds /m)

    expect((await ask(demo.port, '/metrics')).status).toBe(404)
    expect((await ask(demo.metricsPort ?? 0, '/stream/track1')).status).toBe(404)
  })

  it('requires the token on the main port', async () => {
    await using demo = await runDemo(directory.path, { METRICS_TOKEN })
    for (const authorization of [
      undefined,
      '',
      'Bearer',
      'Bearer ',
      METRICS_TOKEN,
      `Basic ${METRICS_TOKEN}`,
      `Bearer ${METRICS_TOKEN} `.slice(0, -2),
      `Bearer ${METRICS_TOKEN}x`,
    ]) {
      const headers = authorization === undefined ? {} : { Authorization: authorization }
      const answer = await ask(demo.port, '/metrics', { headers })
      expect([authorization, answer.status]).toEqual([authorization, 401])
      expect(answer.headers['www-authenticate']).toBe('Bearer')
      expect(answer.body.toString()).toBe('Unauthorized\n')
    }
    const headers = { Authorization: `Bearer ${METRICS_TOKEN}` }
    const answer = await ask(demo.port, '/metrics', { headers })
    expect(answer.status).toBe(200)
    expect(answer.body.toString()).toContain('signed_stream_requests_total')
    expect((await ask(demo.port, '/metrics', { headers, method: 'POST' })).status).toBe(405)
  })

  it('requires the token on a port of its own, too', async () => {
    await using demo = await runDemo(directory.path, { METRICS_TOKEN, METRICS_PORT: '0' })
    expect((await ask(demo.metricsPort ?? 0, '/metrics')).status).toBe(401)
    expect((await ask(demo.port, '/metrics')).status).toBe(404)
  })
})
