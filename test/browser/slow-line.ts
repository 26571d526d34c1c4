/**
 * A line between browser and server that is not as fast as this machine: WebKitGTK fetches all of a track at once, and
 * from loopback an hour of it in a second. What is in the buffer needs no link.
 */
import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { pipeline } from 'node:stream/promises'
import { setTimeout as delay } from 'node:timers/promises'

export interface SlowLine {
  /** What the browser is given in place of the origin of the server. */
  readonly origin: string
  readonly close: () => Promise<void>
}

/** Milliseconds between two pieces. */
const INTERVAL = 20

/** @param bytesPerSecond from the server, for each connection */
export async function addSlowLine(server: string, bytesPerSecond: number): Promise<SlowLine> {
  const { hostname, port } = new URL(server)
  const size = Math.ceil((bytesPerSecond * INTERVAL) / 1000)
  const sockets = new Set<Socket>()

  async function* slowly(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    for await (const chunk of source) {
      for (let start = 0; start < chunk.length; start += size) {
        yield chunk.subarray(start, start + size)
        await delay(INTERVAL)
      }
    }
  }

  const line = createServer({ allowHalfOpen: true }, client => {
    const upstream = connect(Number(port), hostname)
    for (const socket of [client, upstream]) {
      sockets.add(socket)
      socket.once('close', () => sockets.delete(socket))
    }
    // A browser that leaves is an error of one of them, and ends both.
    Promise.all([pipeline(client, upstream), pipeline(upstream, slowly, client)]).catch(() => {
      client.destroy()
      upstream.destroy()
    })
  })
  line.listen(0, '127.0.0.1')
  await once(line, 'listening')
  return {
    origin: `http://127.0.0.1:${(line.address() as AddressInfo).port}`,
    async close() {
      for (const socket of sockets) socket.destroy()
      line.close()
      await once(line, 'close')
    },
  }
}
