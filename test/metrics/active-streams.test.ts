/** The count of active streams, which must come back to 0 whatever a client or a storage does. */
import { Buffer } from 'node:buffer'
import { once } from 'node:events'
import type { Socket } from 'node:net'
import { createStreamMetrics, type StreamMetrics } from 'express-signed-stream/metrics'
import { Registry } from 'prom-client'
import { createObserver } from '../../src/pipeline/observer'
import type { ServeTrackSettings } from '../../src/pipeline/serve-track'
import { SourceError } from '../../src/source/source'
import { ask, askAndLeave, connectTo, rawGet } from '../support/client'
import { eventually } from '../support/eventually'
import { EIO, endless, scriptSource, type Step } from '../support/scripted-source'
import { activeIn, counts, parse, sum, type Samples } from '../support/scrape'
import { setStage, type Stage } from '../support/stage'

/** Requests the track, and no more on this connection. */
const GET = rawGet('/track1')
const KEPT_GET = GET.replace('close', 'keep-alive')

const registry = new Registry()
let metrics: StreamMetrics
const sockets: Socket[] = []
beforeEach(() => {
  metrics = createStreamMetrics({ registry })
})
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy()
  metrics.close()
})

/** A server of one scripted source, whose events are published. */
function serve(
  size: number,
  steps: () => Iterable<Step>,
  settings?: Partial<ServeTrackSettings>,
): Promise<Stage> {
  return setStage(scriptSource(size, steps), settings, { observer: createObserver(undefined) })
}

/** A client that sends `request` and reads at most what the test asks for. */
function connect(app: Stage, request = GET): Socket {
  const socket = connectTo(app.port, request)
  sockets.push(socket)
  return socket
}

async function scrape(): Promise<Samples> {
  return parse(await registry.metrics())
}

function scrapeUntil(isReached: (samples: Samples) => boolean, what: string): Promise<Samples> {
  return eventually(async () => {
    const samples = await scrape()
    return isReached(samples) && samples
  }, what)
}

/** What is counted once `requests` were and no stream is active. */
async function settled(requests: number): Promise<Samples> {
  const samples = await scrapeUntil(
    now => sum(now, 'signed_stream_requests_total') >= requests && activeIn(now) === 0,
    `${requests} requests are counted, and no stream is active`,
  )
  expect(sum(samples, 'signed_stream_requests_total')).toBe(requests)
  // Each stream that has begun has ended, under one name or another.
  expect(sum(samples, 'signed_stream_completions_total')).toBe(
    sum(samples, 'signed_stream_requests_total', 'code="OK"'),
  )
  return samples
}

function outcomes(samples: Samples): Record<string, number> {
  return counts(samples, 'signed_stream_completions_total')
}

describe('active_streams', () => {
  it('counts streams in progress, and none that has ended or was left', async () => {
    await using app = await serve(1e9, () => endless(65_536))
    const clients = [connect(app), connect(app), connect(app)]
    await scrapeUntil(samples => activeIn(samples) === 3, '3 streams are active')
    clients[0]?.destroy()
    await scrapeUntil(samples => activeIn(samples) === 2, '2 streams are active')
    for (const client of clients) client.destroy()
    expect(outcomes(await settled(3))).toEqual({ '{outcome="client_abort"}': 3 })
  })

  it('is free of a client that left before its first byte', async () => {
    let release: ((bytes: Uint8Array) => void) | undefined
    const firstRead = new Promise<Uint8Array>(resolve => {
      release = resolve
    })
    await using app = await serve(1000, () => [firstRead])
    await askAndLeave(app.server, app.port, GET)
    release?.(Buffer.alloc(1000))
    const samples = await settled(1)
    expect(outcomes(samples)).toEqual({ '{outcome="client_abort"}': 1 })
    expect(sum(samples, 'signed_stream_time_to_first_byte_seconds_count')).toBe(0)
  })

  it('is free of a client that left while its track was being opened', async () => {
    let open: (() => void) | undefined
    const opening = new Promise<void>(resolve => {
      open = resolve
    })
    const source = scriptSource(1000, () => [Buffer.alloc(1000)], opening)
    await using app = await setStage(source, {}, { observer: createObserver(undefined) })
    await askAndLeave(app.server, app.port, GET)
    open?.()
    await settled(0)
  })

  it('is free of a client that takes nothing, once stallTimeout is over', async () => {
    await using app = await serve(1e9, () => endless(65_536), { stallTimeout: 100 })
    connect(app)
    expect(outcomes(await settled(1))).toEqual({ '{outcome="stalled"}': 1 })
  })

  it.each(['read_error', 'truncated', 'changed'] as const)(
    'is free of a stream that ended in the middle: %s',
    async kind => {
      await using app = await serve(3000, () => [Buffer.alloc(1000), new SourceError(kind, { cause: EIO })])
      await expect(ask(app.port, '/track1')).rejects.toMatchObject({ code: 'ECONNRESET' })
      expect(outcomes(await settled(1))).toEqual({ [`{outcome="${kind}"}`]: 1 })
    },
  )

  it('is free of a stream whose source gave fewer bytes than its size', async () => {
    await using app = await serve(3000, () => [Buffer.alloc(1000)])
    await expect(ask(app.port, '/track1')).rejects.toMatchObject({ code: 'ECONNRESET' })
    expect(outcomes(await settled(1))).toEqual({ '{outcome="truncated"}': 1 })
  })

  it.each(['read_error', 'truncated', 'changed'] as const)(
    'never counted a stream whose storage failed at once: %s',
    async kind => {
      await using app = await serve(1000, () => [new SourceError(kind, { cause: EIO })])
      await ask(app.port, '/track1')
      const samples = await settled(1)
      expect(counts(samples, 'signed_stream_refusals_total')).toEqual({ '{code="SOURCE_UNAVAILABLE"}': 1 })
      expect(outcomes(samples)).toEqual({})
    },
  )

  it('never counted a stream whose source broke', async () => {
    await using app = await serve(1000, () => [new TypeError('a mistake')])
    expect((await ask(app.port, '/track1')).status).toBe(500)
    await settled(0)
  })

  it('counts pipelined requests one at a time, and each of them', async () => {
    await using app = await serve(10, () => [Buffer.from('0123456789')])
    const socket = connect(app, KEPT_GET.repeat(20) + GET)
    await once(socket.resume(), 'close')
    const samples = await settled(21)
    expect(outcomes(samples)).toEqual({ '{outcome="complete"}': 21 })
    expect(samples.get('signed_stream_sent_bytes_total')).toBe(210)
  })

  it('is free of a client that left with pipelined requests pending', async () => {
    await using app = await serve(1e9, () => endless(65_536))
    const socket = connect(app, KEPT_GET.repeat(5))
    await once(socket, 'data')
    expect(activeIn(await scrape())).toBe(1)
    socket.destroy()
    await settled(1)
  })

  it('is free of a crowd of which some stay, some leave, and some leave at once', async () => {
    await using app = await serve(6_000_000, function* () {
      for (let chunk = 0; chunk < 100; chunk++) yield Buffer.alloc(60_000)
    })
    const clients = Array.from({ length: 60 }, async (_, index) => {
      const socket = connect(app)
      if (index % 3 === 0) await once(socket.resume(), 'close')
      else if (index % 3 === 1) await once(socket, 'data')
      else await once(socket, 'connect')
      socket.destroy()
    })
    await Promise.all(clients)
    const samples = await scrapeUntil(now => activeIn(now) === 0, 'no stream is active')
    // Those that left at once may have gone before their request was read.
    const ended = outcomes(samples)
    expect(ended['{outcome="complete"}']).toBeGreaterThanOrEqual(20)
    expect(sum(samples, 'signed_stream_completions_total')).toBe(sum(samples, 'signed_stream_requests_total'))
    expect(Object.keys(ended).sort()).toEqual(['{outcome="client_abort"}', '{outcome="complete"}'])
  })

  it('is never below 0, also if the metrics are made in the middle of a stream', async () => {
    await using app = await serve(1e9, () => endless(65_536))
    metrics.close()
    const socket = connect(app)
    await once(socket, 'data')
    metrics = createStreamMetrics({ registry })
    socket.destroy()
    const samples = await scrapeUntil(
      now => sum(now, 'signed_stream_completions_total') === 1,
      'a completion is counted',
    )
    expect(activeIn(samples)).toBe(0)
  })
})
