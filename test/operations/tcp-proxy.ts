/** A TCP proxy on loopback that can be slow, and can lead somewhere else. */
import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'

export interface TcpProxy extends AsyncDisposable {
  readonly port: number
  /** Milliseconds that each piece of a response waits. */
  delay: number
  /** Closes all connections; new ones lead to `port`. */
  turnTo(port: number): void
}

export async function startProxy(first: number): Promise<TcpProxy> {
  let target = first
  const sockets = new Set<Socket>()

  function keep(socket: Socket): Socket {
    sockets.add(socket)
    socket.on('error', () => undefined).once('close', () => sockets.delete(socket))
    return socket
  }

  const server = createServer(client => {
    const upstream = keep(connect(target, '127.0.0.1'))
    keep(client).pipe(upstream)
    upstream.on('data', piece => {
      if (proxy.delay === 0) client.write(piece)
      else setTimeout(() => client.write(piece), proxy.delay)
    })
    upstream.once('close', () => client.destroy())
    client.once('close', () => upstream.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')

  function closeAll(): void {
    for (const socket of sockets) socket.destroy()
  }
  const proxy: TcpProxy = {
    port: (server.address() as AddressInfo).port,
    delay: 0,
    turnTo(port) {
      target = port
      closeAll()
    },
    async [Symbol.asyncDispose]() {
      closeAll()
      await once(server.close(), 'close')
    },
  }
  return proxy
}
