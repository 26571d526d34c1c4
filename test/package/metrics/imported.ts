import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createSigner, createStreamRouter } from 'express-signed-stream'
import {
  createStreamMetrics,
  type StreamMetrics,
  type StreamMetricsOptions,
} from 'express-signed-stream/metrics'
import { Registry } from 'prom-client'

const [dir = '', id = ''] = process.argv.slice(2)
const secret = '0123456789abcdef0123456789abcdef'

const options: StreamMetricsOptions = { registry: new Registry(), prefix: 'audio_' }
const metrics: StreamMetrics = createStreamMetrics(options)

export function mistakes(): void {
  // @ts-expect-error an option that does not exist
  createStreamMetrics({ register: new Registry() })
}

const server = createServer(createStreamRouter({ dir, secret })).listen(0, '127.0.0.1')
await once(server, 'listening')
metrics.watchConnections(server)
const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
const link = createSigner({ secret, baseUrl }).signUrl(id, { expiresIn: 60 })
await (await fetch(link, { headers: { Range: 'bytes=0-999' } })).arrayBuffer()
server.closeAllConnections()
await once(server.close(), 'close')
console.log(await metrics.registry.metrics())
