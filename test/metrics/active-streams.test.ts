/** The count of active streams, which must come back to 0 whatever a client or a storage does. */
import { Buffer } from 'node:buffer'
import { once } from 'node:events'
import { createStreamMetrics } from 'express-signed-stream/metrics'
import { Registry } from 'prom-client'
import { createObserver } from '../../src/pipeline/observer'
import { createServeTrack } from '../../src/pipeline/serve-track'
import { SourceFault } from '../../src/source/source'
import { ask, askAndLeave, connectTo, rawGet } from '../support/client'
import { EIO, endless, scriptSource, type ScriptedSource, type Step } from '../support/scripted-source'
import { counts, serveCounted, sum, type CountedApp, type Samples } from './scrape'

interface Stage extends CountedApp {
  readonly source: ScriptedSource
  /** What is counted once `requests` were and no stream is active. */
  settled(requests: number): Promise<Samples>
}

const opened: { close: () => unknown }[] = []
afterEach(async () => {
  for (const thing of opened.splice(0)) await thing.close()
})

/** Serves one scripted source below `/stream`. */
async function stage(
  size: number,
  steps: () => Iterable<Step>,
  stallTimeout = 0,
  opening?: Promise<void>,
): Promise<Stage> {
  const registry = new Registry()
  const source = scriptSource(size, steps, opening)
  const serveTrack = createServeTrack(source, { stallTimeout }, createObserver(undefined))
  const app = await serveCounted(registry, (req, res, next) => {
    serveTrack(req, res, next)
  })
  opened.push(app, createStreamMetrics({ registry }))

  async function settled(requests: number): Promise<Samples> {
    const samples = await app.scrapeUntil(
      now => sum(now, 'signed_stream_requests_total') >= requests && activeIn(now) === 0,
    )
    expect(sum(samples, 'signed_stream_requests_total')).toBe(requests)
    // What has begun has ended, by as many names.
    expect(sum(samples, 'signed_stream_completions_total')).toBe(
      sum(samples, 'signed_stream_requests_total', 'code="OK"'),
    )
    return samples
  }
  return { ...app, source, settled }
}

function activeIn(samples: Samples): number | undefined {
  return samples.get('signed_stream_active_streams')
}

function outcomes(samples: Samples): Record<string, number> {
  return counts(samples, 'signed_stream_completions_total')
}

/** Asks for the track, and for no more on this connection. */
const GET = rawGet('/stream/track1')

describe('active_streams', () => {
  it('counts streams under way, and none that has ended or was left', async () => {
    const app = await stage(1e9, () => endless(65_536))
    const sockets = [connectTo(app.port, GET), connectTo(app.port, GET), connectTo(app.port, GET)]
    await app.scrapeUntil(samples => activeIn(samples) === 3)
    sockets[0]?.destroy()
    await app.scrapeUntil(samples => activeIn(samples) === 2)
    for (const socket of sockets) socket.destroy()
    expect(outcomes(await app.settled(3))).toEqual({ '{outcome="client_abort"}': 3 })
  })

  it('is free of a client that left before its first byte', async () => {
    let release: ((bytes: Uint8Array) => void) | undefined
    const firstRead = new Promise<Uint8Array>(resolve => {
      release = resolve
    })
    const app = await stage(1000, () => [firstRead])
    await askAndLeave(app.server, app.port, GET)
    release?.(Buffer.alloc(1000))
    const samples = await app.settled(1)
    expect(outcomes(samples)).toEqual({ '{outcome="client_abort"}': 1 })
    // Nothing was written to it.
    expect(sum(samples, 'signed_stream_time_to_first_byte_seconds_count')).toBe(0)
  })

  it('is free of a client that left while its track was being opened', async () => {
    let open: (() => void) | undefined
    const opening = new Promise<void>(resolve => {
      open = resolve
    })
    const app = await stage(1000, () => [Buffer.alloc(1000)], 0, opening)
    await askAndLeave(app.server, app.port, GET)
    open?.()
    await app.settled(0)
  })

  it('is free of a reader that was cut because it took nothing', async () => {
    const app = await stage(1e9, () => endless(65_536), 200)
    const socket = connectTo(app.port, GET)
    await once(socket, 'connect')
    socket.pause()
    expect(outcomes(await app.settled(1))).toEqual({ '{outcome="stalled"}': 1 })
    socket.destroy()
  })

  it.each(['read_error', 'truncated', 'changed'] as const)(
    'is free of a stream that ended in the middle: %s',
    async kind => {
      const app = await stage(3000, () => [Buffer.alloc(1000), new SourceFault(kind, EIO)])
      await expect(ask(app.port, '/stream/track1')).rejects.toMatchObject({ code: 'ECONNRESET' })
      expect(outcomes(await app.settled(1))).toEqual({ [`{outcome="${kind}"}`]: 1 })
    },
  )

  it.each(['read_error', 'truncated', 'changed'] as const)(
    'never counted a stream whose storage failed at once: %s',
    async kind => {
      const app = await stage(1000, () => [new SourceFault(kind, EIO)])
      await ask(app.port, '/stream/track1')
      const samples = await app.settled(1)
      expect(counts(samples, 'signed_stream_refusals_total')).toEqual({ '{code="SOURCE_UNAVAILABLE"}': 1 })
      expect(outcomes(samples)).toEqual({})
    },
  )

  it('never counted a stream whose source broke', async () => {
    const app = await stage(1000, () => [new TypeError('a mistake')])
    const error = jest.spyOn(console, 'error').mockImplementation(() => undefined)
    expect((await ask(app.port, '/stream/track1')).status).toBe(500)
    error.mockRestore()
    await app.settled(0)
  })

  it('counts pipelined requests one at a time, and each of them', async () => {
    const app = await stage(10, () => [Buffer.from('0123456789')])
    const request = rawGet('/stream/track1').replace('close', 'keep-alive')
    const socket = connectTo(app.port, request.repeat(20) + rawGet('/stream/track1'))
    await once(socket.resume(), 'close')
    const samples = await app.settled(21)
    expect(outcomes(samples)).toEqual({ '{outcome="complete"}': 21 })
    expect(samples.get('signed_stream_sent_bytes_total')).toBe(210)
  })

  it('is free of a client that left with pipelined requests unanswered', async () => {
    const app = await stage(1e9, () => endless(65_536))
    const socket = connectTo(app.port, rawGet('/stream/track1').replace('close', 'keep-alive').repeat(5))
    await once(socket, 'data')
    expect(activeIn(await app.scrape())).toBe(1)
    socket.destroy()
    await app.settled(1)
  })

  it('is free of a crowd of which some stay, some leave, and some leave at once', async () => {
    const app = await stage(3_000_000, function* () {
      for (let chunk = 0; chunk < 50; chunk++) yield Buffer.alloc(60_000)
    })
    const clients = Array.from({ length: 90 }, async (_, index) => {
      const socket = connectTo(app.port, GET)
      if (index % 3 === 0) await once(socket.resume(), 'close')
      else if (index % 3 === 1) await once(socket, 'data')
      else await once(socket, 'connect')
      socket.destroy()
    })
    await Promise.all(clients)
    const samples = await app.scrapeUntil(now => activeIn(now) === 0)
    // Those that left at once may have gone before their request was read.
    const ended = outcomes(samples)
    expect(ended['{outcome="complete"}']).toBeGreaterThanOrEqual(30)
    expect(sum(samples, 'signed_stream_completions_total')).toBe(sum(samples, 'signed_stream_requests_total'))
    expect(Object.keys(ended).sort()).toEqual(['{outcome="client_abort"}', '{outcome="complete"}'])
  })

  it('is never below 0, also where the metrics were made in the middle of a stream', async () => {
    const registry = new Registry()
    const serveTrack = createServeTrack(
      scriptSource(1e9, () => endless(65_536)),
      {},
      createObserver(undefined),
    )
    const app = await serveCounted(registry, (req, res, next) => {
      serveTrack(req, res, next)
    })
    const socket = connectTo(app.port, GET)
    await once(socket, 'data')
    opened.push(app, createStreamMetrics({ registry }))
    socket.destroy()
    const samples = await app.scrapeUntil(now => sum(now, 'signed_stream_completions_total') === 1)
    expect(activeIn(samples)).toBe(0)
  })
})
