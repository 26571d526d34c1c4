import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { S3Client } from '@aws-sdk/client-s3'
import { createSigner, createStreamRouter, type TrackSource } from 'express-signed-stream'
import { httpSource, type HttpSourceOptions } from 'express-signed-stream/http'
import { s3Source, type S3SourceOptions } from 'express-signed-stream/s3'
import { sourceContract, type ContractTest, type SourceHarness } from 'express-signed-stream/testing'

const secret = '0123456789abcdef0123456789abcdef'
const bytes = Buffer.from('the bytes of a track')

/** What S3 in path style and an HTTP origin respond with. */
const origin = createServer((req, res) => {
  res.writeHead(req.url?.startsWith('/tracks/track1.mp3') === true ? 206 : 404, {
    'Content-Range': `bytes 0-${bytes.length - 1}/${bytes.length}`,
    'Content-Type': 'audio/mpeg',
    'Content-Length': bytes.length,
    ETag: '"1"',
  })
  res.end(bytes)
}).listen(0, '127.0.0.1')
await once(origin, 'listening')
const endpoint = `http://127.0.0.1:${(origin.address() as AddressInfo).port}`

const credentials = { accessKeyId: 'key', secretAccessKey: 'secret' }
const client = new S3Client({ endpoint, forcePathStyle: true, region: 'us-east-1', credentials })
const s3Options: S3SourceOptions = { client, bucket: 'tracks' }
const httpOptions: HttpSourceOptions = { url: id => `${endpoint}/tracks/${encodeURIComponent(id)}.mp3` }

export function mistakes(): void {
  // @ts-expect-error no bucket
  s3Source({ client })
  // @ts-expect-error no url
  httpSource({})
  // @ts-expect-error no way to replace a track
  sourceContract({ make: () => httpSource(httpOptions), put: () => undefined, remove: () => undefined })
}

async function play(source: TrackSource): Promise<string> {
  const server = createServer(createStreamRouter({ source, secret })).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const response = await fetch(createSigner({ secret, baseUrl }).signUrl('track1', { expiresIn: 60 }))
  const text = await response.text()
  server.closeAllConnections()
  await once(server.close(), 'close')
  return text
}

const harness: SourceHarness = {
  make: () => httpSource(httpOptions),
  put: () => undefined,
  replace: () => undefined,
  remove: () => undefined,
}
const tests: ContractTest[] = sourceContract(harness)
const unknown = tests.find(({ name }) => name === 'finds nothing under an unknown id')
await unknown?.run()

const played = { s3: await play(s3Source(s3Options)), http: await play(httpSource(httpOptions)) }
client.destroy()
origin.closeAllConnections()
origin.close()
console.log(JSON.stringify({ ...played, tests: tests.length }))
