/** The metrics of a source that is not a directory. */
import { createStreamRouter, SourceError, type TrackSource } from 'express-signed-stream'
import { createStreamMetrics } from 'express-signed-stream/metrics'
import { Registry } from 'prom-client'
import { ask } from '../support/client'
import { keepingLogger } from '../support/logger'
import { pathFor, SECRET } from '../support/tracks'
import { counts, serveCounted } from '../support/scrape'

const CONTENT = Buffer.alloc(1000, 1)

/** Holds `track1`, and fails the first reading of it. */
function makeSource(): TrackSource {
  let readings = 0
  return {
    open(id) {
      if (id === 'denied') throw new SourceError('unavailable', { isDenied: true, cause: new Error('403') })
      if (id !== 'track1') return undefined
      return {
        size: CONTENT.length,
        type: 'audio/mpeg',
        etag: '"1"',
        async *read({ first, last }) {
          yield CONTENT.subarray(first, first + 400)
          await Promise.resolve()
          if (readings++ === 0) throw new Error('reset')
          yield CONTENT.subarray(first + 400, last + 1)
        },
      }
    },
  }
}

describe('the metrics of a source', () => {
  it('count its calls by outcome, the retries, and the bytes that it brought', async () => {
    const registry = new Registry()
    const metrics = createStreamMetrics({ registry })
    const logger = keepingLogger()
    const app = await serveCounted(
      registry,
      createStreamRouter({ source: makeSource(), secret: SECRET, logger }),
    )
    expect((await ask(app.port, pathFor('track1'))).body).toEqual(CONTENT)
    expect((await ask(app.port, pathFor('missing'))).status).toBe(404)
    expect((await ask(app.port, pathFor('denied'))).status).toBe(503)
    const samples = await app.scrape()
    expect(counts(samples, 'signed_stream_source_fetches_total')).toMatchObject({
      // The track is opened, and its rest read by the second attempt.
      '{outcome="complete"}': 2,
      '{outcome="not_found"}': 1,
      '{outcome="failed"}': 2,
    })
    expect(samples.get('signed_stream_source_retries_total')).toBe(1)
    expect(samples.get('signed_stream_source_fetched_bytes_total')).toBe(CONTENT.length)
    expect(samples.get('signed_stream_source_first_byte_seconds_count')).toBe(4)
    expect(
      logger.lines.filter(({ message, level }) => message === 'Source read' && level === 'warn'),
    ).toEqual([
      expect.objectContaining({
        fields: expect.objectContaining({
          operation: 'read',
          outcome: 'failed',
          attempt: 1,
          bytes: 400,
        }) as unknown,
      }),
      expect.objectContaining({
        fields: expect.objectContaining({
          operation: 'open',
          outcome: 'failed',
          attempt: 1,
          bytes: 0,
        }) as unknown,
      }),
    ])
    await app.close()
    metrics.close()
  })
})
