/** Bytes and outcomes are true enough to bill by, whichever side ends a response. */
import { Buffer } from 'node:buffer'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { createStreamHandler, STREAM_CHANNELS, type StreamCompletionEvent } from 'express-signed-stream'
import { connectTo, rawGet } from '../support/client'
import { eventually } from '../support/eventually'
import { listen, type RunningServer } from '../support/server'
import { makeTrackDirectory, pathFor, SECRET } from '../support/tracks'

/** Twice what the kernel takes for a client that does not read (Linux: 4 MiB). */
const LONG = Buffer.alloc(8 * 1024 * 1024)
const HEAD_END = '\r\n\r\n'

const tracks = makeTrackDirectory()
tracks.write('long.mp3', LONG)
afterAll(tracks.remove)

let completion: Promise<StreamCompletionEvent>
let stop: () => void
beforeEach(() => {
  completion = new Promise(resolve => {
    function collect(event: unknown): void {
      resolve(event as StreamCompletionEvent)
    }
    subscribe(STREAM_CHANNELS.completion, collect)
    stop = () => unsubscribe(STREAM_CHANNELS.completion, collect)
  })
})
afterEach(() => {
  stop()
})

interface Stream {
  readonly res: ServerResponse
  readonly socket: Socket
  /** Body bytes that the client gets until the connection closes. */
  received(): Promise<number>
}

/** Begins a stream whose client takes nothing until it is asked what it received. */
async function begin(server: RunningServer): Promise<Stream> {
  const asked = once(server.server, 'request')
  const socket = connectTo(server.port, rawGet(pathFor('long')))
  const [, res] = (await asked) as [unknown, ServerResponse]
  await once(socket, 'readable')
  // What the kernel takes without the client reading, it takes at once; then a chunk waits at the server.
  let before = -1
  await eventually(() => {
    // A short time-out may be over before this looks twice.
    if (res.destroyed) return true
    const { bytesWritten = 0, writableLength = 0 } = res.socket ?? {}
    const isFull = writableLength > 0 && bytesWritten === before
    before = bytesWritten
    return isFull
  }, 'the kernel takes no more')
  async function received(): Promise<number> {
    const chunks: Buffer[] = []
    socket.on('data', (chunk: Buffer) => chunks.push(chunk))
    await new Promise(resolve => socket.once('close', resolve))
    const all = Buffer.concat(chunks)
    return all.length - all.indexOf(HEAD_END) - HEAD_END.length
  }
  return { res, socket, received }
}

describe.each([
  ['memory', undefined],
  ['the disk', false as const],
])('content from %s', (_from, cache) => {
  function serve(stallTimeout = 0): Promise<RunningServer> {
    return listen(
      createStreamHandler({ path: '/stream', dir: tracks.path, secret: SECRET, cache, stallTimeout }),
    )
  }

  it.each<[string, (stream: Stream) => void]>([
    ['destroys the response', ({ res }) => res.destroy()],
    ['destroys the connection', ({ res }) => res.socket?.destroy()],
  ])(
    'that the app cuts (it %s) is a server_abort, with the bytes that the client received',
    async (_how, cut) => {
      await using server = await serve()
      const stream = await begin(server)
      cut(stream)
      const { outcome, bytesSent } = await completion
      expect(outcome).toBe('server_abort')
      expect(bytesSent).toBeGreaterThan(0)
      expect(bytesSent).toBe(await stream.received())
    },
  )

  it('that stalls has the bytes that the client received', async () => {
    await using server = await serve(100)
    const stream = await begin(server)
    const { outcome, bytesSent } = await completion
    expect([outcome, bytesSent]).toEqual(['stalled', await stream.received()])
  })

  it('that the client leaves is a client_abort', async () => {
    await using server = await serve()
    const stream = await begin(server)
    stream.socket.destroy()
    expect((await completion).outcome).toBe('client_abort')
  })

  it('that the app ends early is a server_abort, and no client takes it for whole', async () => {
    await using server = await serve()
    const stream = await begin(server)
    stream.res.end()
    const received = stream.received()
    expect((await completion).outcome).toBe('server_abort')
    expect(await received).toBeLessThan(LONG.length)
  })
})
