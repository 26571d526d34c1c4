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
    const open = await listen(server, { ...PLACE, host: 'localhost' })
    const socket = connect(open.port, '127.0.0.1')
    socket.write('GET / HTTP/1.1\r\nHost: a\r\nX-Slow')
    expect(await text(socket)).toMatch(/^HTTP\/1\.1 408 /)
    await open.close()
  })

  it('refuse a head that is too large, with 431', async () => {
    const server = createServer(serverOptions)
    const open = await listen(server, { ...PLACE, host: 'localhost' })
    const asked = request({
      host: '127.0.0.1',
      port: open.port,
      headers: { Cookie: 'a'.repeat(20_000) },
      agent: false,
    }).end()
    const [res] = (await once(asked, 'response')) as [{ statusCode: number }]
    expect(res.statusCode).toBe(431)
    await open.close()
  })

  it('keep connections for longer than proxies do', () => {
    expect(serverOptions.keepAliveTimeout).toBeGreaterThan(60_000)
    expect(serverOptions.headersTimeout).toBeLessThan(60_000)
  })
})

describe('connectionLimit', () => {
  it('leaves each connection a descriptor for a file, if the system reports how many there are', () => {
    const limit = connectionLimit(256) ?? 16
    expect(limit).toBeGreaterThanOrEqual(16)
    expect(connectionLimit(1e9)).toBe(16)
  })
})

describe('listen', () => {
  it('responds at each address of localhost, on one port', async () => {
    const server = answer()
    const open = await listen(server, { ...PLACE, host: 'localhost' })
    const here = Object.values(networkInterfaces()).flat()
    const addresses = ['127.0.0.1', '::1'].filter(address => here.some(found => found?.address === address))
    expect(open.listeners).toHaveLength(addresses.length)
    for (const address of addresses) {
      const origin = `http://${address.includes(':') ? `[${address}]` : address}:${open.port}`
      expect(await (await fetch(origin)).text()).toBe('here')
    }
    await open.close()
    for (const address of addresses) {
      const socket = connect(open.port, address)
      await expect(once(socket, 'connect')).rejects.toMatchObject({ code: 'ECONNREFUSED' })
    }
  })

  it('closes connections beyond maxConnections, and emits drop', async () => {
    const server = answer()
    const open = await listen(server, { ...PLACE, host: '127.0.0.1', maxConnections: 1 })
    const dropped = once(server, 'drop')
    const first = connect(open.port, '127.0.0.1')
    await once(first, 'connect')
    const second = connect(open.port, '127.0.0.1')
    await once(second, 'close')
    await dropped
    first.destroy()
    await open.close()
  })

  it('keeps existing connections when it accepts no more', async () => {
    const server = answer()
    const open = await listen(server, { ...PLACE, host: 'localhost' })
    const socket = connect(open.port, '127.0.0.1')
    const get = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'
    socket.write(get)
    await once(socket, 'data')
    open.stopAccepting()
    socket.write(get)
    const [data] = (await once(socket, 'data')) as [Buffer]
    expect(data.toString()).toMatch(/^HTTP\/1\.1 200 OK/)
    await open.close()
    await once(socket, 'close')
  })
})
