/** The metrics of the memory cache. */
import { createStreamRouter } from 'express-signed-stream'
import { createStreamMetrics } from 'express-signed-stream/metrics'
import { Registry } from 'prom-client'
import { publishRead } from '../../src/events'
import { ask } from '../support/client'
import { makeTrackDirectory, pathFor, SECRET, TRACK } from '../support/tracks'
import { counts, parse, serveCounted, type CountedApp } from '../support/scrape'

const tracks = makeTrackDirectory()
tracks.write('track1.mp3', TRACK)
tracks.write('track2.mp3', TRACK)
afterAll(tracks.remove)

const opened: { close: () => unknown }[] = []
afterEach(async () => {
  for (const thing of opened.splice(0)) await thing.close()
})

async function serve(registry: Registry, cache?: false): Promise<CountedApp> {
  const app = await serveCounted(registry, createStreamRouter({ dir: tracks.path, secret: SECRET, cache }))
  opened.push(app)
  return app
}

function counted(): Registry {
  const registry = new Registry()
  opened.push(createStreamMetrics({ registry }))
  return registry
}

describe('the cache metrics', () => {
  it('count as hits what was in memory, and give what it holds', async () => {
    const app = await serve(counted())
    for (let time = 0; time < 5; time++) await ask(app.port, pathFor('track1'))
    const samples = await app.scrape()
    // The first request reads for itself alone, the second one fills the cache.
    expect(counts(samples, 'signed_stream_cache_read_bytes_total')).toEqual({
      '{result="hit"}': 3 * TRACK.length,
      '{result="miss"}': 2 * TRACK.length,
    })
    expect(samples.get('signed_stream_cache_reads_total{result="hit"}')).toBe(3)
    expect(samples.get('signed_stream_cache_used_bytes')).toBe(TRACK.length)
  })

  it('count every byte as a miss without a cache', async () => {
    const app = await serve(counted(), false)
    for (let time = 0; time < 3; time++) await ask(app.port, pathFor('track1'))
    const samples = await app.scrape()
    expect(counts(samples, 'signed_stream_cache_read_bytes_total')).toEqual({
      '{result="miss"}': 3 * TRACK.length,
    })
    expect(samples.get('signed_stream_cache_used_bytes')).toBe(0)
  })

  it('add up what the caches of several routers hold', async () => {
    const registry = counted()
    const [first, second] = [await serve(registry), await serve(registry)]
    for (let time = 0; time < 2; time++) {
      await ask(first.port, pathFor('track1'))
      await ask(second.port, pathFor('track1'))
      await ask(second.port, pathFor('track2'))
    }
    expect((await first.scrape()).get('signed_stream_cache_used_bytes')).toBe(3 * TRACK.length)
  })

  it('give what is held when they are scraped, not when it was read', async () => {
    const registry = counted()
    const cache = { usedBytes: 500 }
    publishRead('memory', 100, cache)
    cache.usedBytes = 20
    expect(parse(await registry.metrics()).get('signed_stream_cache_used_bytes')).toBe(20)
  })
})
