import events = require('node:events')
import http = require('node:http')
import net = require('node:net')
import signedStream = require('express-signed-stream')
import streamMetrics = require('express-signed-stream/metrics')
import promClient = require('prom-client')

const [dir = '', id = ''] = process.argv.slice(2)
const secret = '0123456789abcdef0123456789abcdef'

const registry = new promClient.Registry()
const metrics: streamMetrics.StreamMetrics = streamMetrics.createStreamMetrics({ registry, prefix: 'audio_' })

async function main(): Promise<void> {
  const server = http.createServer(signedStream.createStreamRouter({ dir, secret })).listen(0, '127.0.0.1')
  await events.once(server, 'listening')
  metrics.watchConnections(server)
  const baseUrl = `http://127.0.0.1:${(server.address() as net.AddressInfo).port}`
  const link = signedStream.createSigner({ secret, baseUrl }).signUrl(id, { expiresIn: 60 })
  await (await fetch(link, { headers: { Range: 'bytes=0-999' } })).arrayBuffer()
  server.closeAllConnections()
  await events.once(server.close(), 'close')
  console.log(await registry.metrics())
}

void main()
