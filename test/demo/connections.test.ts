import { once } from 'node:events'
import { createServer, request } from 'node:http'
import { connect } from 'node:net'
import { networkInterfaces } from 'node:os'
import { text } from 'node:stream/consumers'
import { connectionLimit, serverOptions } from '../../demo/process/server-options'
import { listen } from '../../demo/process/listen'

const PLACE = { port: 0, variables: { port: 'STREAM_SERVER_PORT', host: 'HOST' } } as const

function answer(): ReturnType<typeof createServer> {
  return createServer((_req, res) => {
    res.end('here')
  })
}

describe('serverOptions', () => {
  it('end a client that sends its head too slowly, with 408', async () => {
    const limits = { headersTimeout: 100, requestTimeout: 100, connectionsCheckingInterval: 20 }
    const server = createServer({ ...serverOptions, ...limits })
    const listener = await listen(server, { ...PLACE, host: 'localhost' })
    const socket = connect(listener.port, '127.0.0.1')
    socket.write('GET / HTTP/1.1\r\nHost: a\r\nX-Slow')
    expect(await text(socket)).toMatch(/^HTTP\/1\.1 408 /)
    await listener.close()
  })

  it('refuse a head that is too large, with 431', async () => {
    const server = createServer(serverOptions)
    const listener = await listen(server, { ...PLACE, host: 'localhost' })
    const asked = request({
      host: '127.0.0.1',
      port: listener.port,
      headers: { Cookie: 'a'.repeat(20_000) },
      agent: false,
    }).end()
    const [res] = (await once(asked, 'response')) as [{ statusCode: number }]
    expect(res.statusCode).toBe(431)
    await listener.close()
  })

  it('keep connections for longer than proxies do', () => {
    expect(serverOptions.keepAliveTimeout).toBeGreaterThan(60_000)
    expect(serverOptions.headersTimeout).toBeLessThan(60_000)
  })
})

describe('connectionLimit', () => {
  it('leaves each connection a descriptor for a file, where the system tells how many there are', () => {
    const limit = connectionLimit(256) ?? 16
    expect(limit).toBeGreaterThanOrEqual(16)
    expect(connectionLimit(1e9)).toBe(16)
  })
})

describe('listen', () => {
  it('answers at each address of localhost, on one port', async () => {
    const server = answer()
    const listener = await listen(server, { ...PLACE, host: 'localhost' })
    const here = Object.values(networkInterfaces()).flat()
    const addresses = ['127.0.0.1', '::1'].filter(address => here.some(found => found?.address === address))
    expect(listener.doors).toHaveLength(addresses.length)
    for (const address of addresses) {
      const origin = `http://${address.includes(':') ? `[${address}]` : address}:${listener.port}`
      expect(await (await fetch(origin)).text()).toBe('here')
    }
    await listener.close()
    for (const address of addresses) {
      const socket = connect(listener.port, address)
      await expect(once(socket, 'connect')).rejects.toMatchObject({ code: 'ECONNREFUSED' })
    }
  })

  it('closes what is beyond maxConnections, and says so', async () => {
    const server = answer()
    const listener = await listen(server, { ...PLACE, host: '127.0.0.1', maxConnections: 1 })
    const dropped = once(server, 'drop')
    const first = connect(listener.port, '127.0.0.1')
    await once(first, 'connect')
    const second = connect(listener.port, '127.0.0.1')
    await once(second, 'close')
    await dropped
    first.destroy()
    await listener.close()
  })

  it('keeps connections that are there when it accepts no more', async () => {
    const server = answer()
    const listener = await listen(server, { ...PLACE, host: 'localhost' })
    const socket = connect(listener.port, '127.0.0.1')
    const get = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'
    socket.write(get)
    await once(socket, 'data')
    listener.stopAccepting()
    socket.write(get)
    const [data] = (await once(socket, 'data')) as [Buffer]
    expect(data.toString()).toMatch(/^HTTP\/1\.1 200 OK/)
    await listener.close()
    await once(socket, 'close')
  })
})
