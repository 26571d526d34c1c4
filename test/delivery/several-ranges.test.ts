/** Several ranges in one response: small parts leave together, and every part has its own bytes. */
import { Buffer } from 'node:buffer'
import { once } from 'node:events'
import { connect, createServer as createHttp2Server } from 'node:http2'
import type { AddressInfo } from 'node:net'
import type { Writable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import type { RequestListener } from 'node:http'
import { createStreamHandler } from 'express-signed-stream'
import { SourceError } from '../../src/source/source'
import { parseParts } from '../support/answer-reader'
import { ask, type Answer } from '../support/client'
import { EIO, scriptSource, type ScriptedSource, type Step } from '../support/scripted-source'
import { listen } from '../support/server'
import { setStage } from '../support/stage'
import { makeTrackDirectory, pathFor, SECRET } from '../support/tracks'

const MIB = 1024 * 1024
/** Every four bytes tell where they lie. */
const CONTENT = Buffer.alloc(3 * MIB)
for (let at = 0; at < CONTENT.length; at += 4) CONTENT.writeUInt32BE(at, at)

const tracks = makeTrackDirectory()
tracks.write('track1.mp3', CONTENT)
afterAll(tracks.remove)

/** First and last byte. */
type Range = readonly [number, number]

const SIXTEEN = Array.from({ length: 16 }, (_, index): Range => [index * 100_000, index * 100_000 + 1])

const SETS: readonly [string, readonly Range[]][] = [
  ['16 small ranges', SIXTEEN],
  [
    'ranges that are small, and others that are not',
    [
      [0, 9],
      [MIB, 2 * MIB + 5],
      [5000, 5009],
      [10_000, 50_000],
      [2 * MIB + 10_000, 2 * MIB + 10_020],
    ],
  ],
  [
    'small ranges across the ends of blocks',
    [
      [MIB - 3, MIB + 3],
      [2 * MIB - 7000, 2 * MIB + 7000],
    ],
  ],
  [
    'more small ranges than fit into one write',
    Array.from({ length: 16 }, (_, index): Range => [index * 20_000, index * 20_000 + 9999]),
  ],
]

function rangeField(ranges: readonly Range[]): string {
  return `bytes=${ranges.map(range => range.join('-')).join()}`
}

function partsOf({ headers, body }: Pick<Answer, 'headers' | 'body'>): Buffer[] {
  return parseParts(headers['content-type'] ?? '', body).map(part => part.body)
}

function bytesOf(ranges: readonly Range[]): Buffer[] {
  return ranges.map(([first, last]) => CONTENT.subarray(first, last + 1))
}

/** Counts what `stream` passes on to what lies below it. */
function countWrites(stream: Writable, count: () => void): void {
  const write = stream._write.bind(stream)
  const writev = stream._writev?.bind(stream)
  stream._write = (...args) => {
    count()
    write(...args)
  }
  stream._writev = (...args) => {
    count()
    writev?.(...args)
  }
}

interface Host extends AsyncDisposable {
  get(ranges: readonly Range[]): Promise<Pick<Answer, 'headers' | 'body'>>
  /** Of all responses together. */
  readonly writes: number
}

async function startHttp1(handler: RequestListener): Promise<Host> {
  const server = await listen(handler)
  let writes = 0
  server.server.on('connection', socket => {
    countWrites(socket, () => writes++)
  })
  return {
    get: ranges => ask(server.port, pathFor('track1'), { headers: { Range: rangeField(ranges) } }),
    get writes() {
      return writes
    },
    [Symbol.asyncDispose]: () => server.close(),
  }
}

async function startHttp2(handler: RequestListener): Promise<Host> {
  let writes = 0
  const server = createHttp2Server((req, res) => {
    countWrites(res.stream, () => writes++)
    handler(req as never, res as never)
  }).listen(0)
  await once(server, 'listening')
  const client = connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  return {
    async get(ranges) {
      const stream = client.request({ ':path': pathFor('track1'), range: rangeField(ranges) })
      const [headers] = (await once(stream, 'response')) as [Answer['headers']]
      return { headers, body: await buffer(stream) }
    },
    get writes() {
      return writes
    },
    async [Symbol.asyncDispose]() {
      client.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}

describe.each([
  ['HTTP/1.1', startHttp1],
  ['HTTP/2', startHttp2],
])('over %s', (_protocol, start) => {
  it.each([
    ['in memory', undefined],
    ['on the disk', false],
  ] as const)('writes 16 small ranges that are %s at once', async (_where, cache) => {
    await using host = await start(
      createStreamHandler({
        path: '/stream',
        dir: tracks.path,
        secret: SECRET,
        ...(cache === false && { cache }),
      }),
    )
    for (let time = 0; time < 3; time++) await host.get(SIXTEEN)
    const before = host.writes
    const answer = await host.get(SIXTEEN)
    expect(partsOf(answer)).toEqual(bytesOf(SIXTEEN))
    expect(host.writes - before).toBe(1)
  })

  it.each(SETS)(
    'gives every part of %s its own bytes, from the disk and from memory',
    async (_set, ranges) => {
      await using host = await start(
        createStreamHandler({ path: '/stream', dir: tracks.path, secret: SECRET }),
      )
      for (let time = 0; time < 4; time++) {
        const parts = partsOf(await host.get(ranges))
        expect(parts).toHaveLength(ranges.length)
        expect(parts.every((part, index) => part.equals(bytesOf(ranges)[index] ?? part))).toBe(true)
      }
    },
  )
})

describe('a storage', () => {
  const [first, second] = [
    [0, 999],
    [5000, 5999],
  ] as const

  /** Gives the first range whole, and for the second what `steps` are. */
  function source(steps: Step[], reads: 'at once' | 'later'): ScriptedSource {
    return scriptSource(
      CONTENT.length,
      range => (range.first === 0 ? [CONTENT.subarray(0, 1000)] : steps),
      [],
      reads,
    )
  }

  describe.each(['at once', 'later'] as const)('that gives bytes %s', reads => {
    it.each<[string, Step[]]>([
      ['fails', [new SourceError('read_error', { cause: EIO })]],
      ['has less than the second range', [CONTENT.subarray(5000, 5500)]],
      ['gives more than the second range', [CONTENT.subarray(5000, 6500)]],
    ])('and %s is a refusal, as nothing is written yet', async (_what, steps) => {
      const storage = source(steps, reads)
      await using server = await setStage(storage)
      const answer = await ask(server.port, '/track1', { headers: { Range: rangeField([first, second]) } })
      expect(answer.status).toBe(503)
      expect(server.completions).toEqual([])
    })

    it('gives both ranges, in pieces of any size', async () => {
      const storage = source([CONTENT.subarray(5000, 5001), CONTENT.subarray(5001, 6000)], reads)
      await using server = await setStage(storage)
      const answer = await ask(server.port, '/track1', { headers: { Range: rangeField([first, second]) } })
      expect(partsOf(answer)).toEqual(bytesOf([first, second]))
      expect(await server.completion).toMatchObject({ outcome: 'complete', bytesSent: answer.body.length })
    })
  })
})
