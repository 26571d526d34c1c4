/** An app may put a stream of its own between the handler and the client, as compression does. */
import { Transform } from 'node:stream'
import type { RequestListener, ServerResponse } from 'node:http'
import { ask } from '../support/client'
import { scriptSource } from '../support/scripted-source'
import { setStage } from '../support/stage'

const CHUNK = 64 * 1024
const CHUNKS = 40

it('waits for an app that asks for it, although the connection takes everything at once', async () => {
  const kept: number[] = []
  const source = scriptSource(CHUNK * CHUNKS, () =>
    Array.from({ length: CHUNKS }, () => Buffer.alloc(CHUNK, 'x')),
  )
  await using server = await setStage(source, {}, { wrap: serve => throughSlowFilter(kept, serve) })
  expect((await ask(server.port, '/track1')).body).toHaveLength(CHUNK * CHUNKS)
  expect(Math.max(...kept)).toBeLessThanOrEqual(2 * CHUNK)
})

/** Records what the filter still keeps after each write. */
function throughSlowFilter(kept: number[], serve: RequestListener): RequestListener {
  return (req, res) => {
    const write = res.write.bind(res) as (chunk: Buffer) => boolean
    const end = res.end.bind(res) as () => ServerResponse
    const filter = new Transform({
      transform: (chunk: Buffer, _encoding, done) => {
        setTimeout(done, 1, null, chunk)
      },
    })
    filter
      .on('data', write)
      .on('end', end)
      .on('drain', () => res.emit('drain'))
    res.write = ((chunk: Buffer) => {
      const hasRoom = filter.write(chunk)
      kept.push(filter.writableLength)
      return hasRoom
    }) as typeof res.write
    res.end = ((chunk?: Buffer) => {
      filter.end(chunk)
      return res
    }) as typeof res.end
    serve(req, res)
  }
}
