import events = require('node:events')
import http = require('node:http')
import net = require('node:net')
import s3 = require('@aws-sdk/client-s3')
import signedStream = require('express-signed-stream')
import httpTracks = require('express-signed-stream/http')
import s3Tracks = require('express-signed-stream/s3')
import testing = require('express-signed-stream/testing')

const secret = '0123456789abcdef0123456789abcdef'
const bytes = Buffer.from('the bytes of a track')

const origin = http.createServer((req, res) => {
  res.writeHead(req.url?.startsWith('/tracks/track1.mp3') === true ? 206 : 404, {
    'Content-Range': `bytes 0-${bytes.length - 1}/${bytes.length}`,
    'Content-Type': 'audio/mpeg',
    'Content-Length': bytes.length,
    ETag: '"1"',
  })
  res.end(bytes)
})

async function play(source: signedStream.TrackSource): Promise<string> {
  const server = http.createServer(signedStream.createStreamRouter({ source, secret })).listen(0, '127.0.0.1')
  await events.once(server, 'listening')
  const baseUrl = `http://127.0.0.1:${(server.address() as net.AddressInfo).port}`
  const link = signedStream.createSigner({ secret, baseUrl }).signUrl('track1', { expiresIn: 60 })
  const text = await (await fetch(link)).text()
  server.closeAllConnections()
  await events.once(server.close(), 'close')
  return text
}

async function main(): Promise<void> {
  await events.once(origin.listen(0, '127.0.0.1'), 'listening')
  const endpoint = `http://127.0.0.1:${(origin.address() as net.AddressInfo).port}`
  const credentials = { accessKeyId: 'key', secretAccessKey: 'secret' }
  const client = new s3.S3Client({ endpoint, forcePathStyle: true, region: 'us-east-1', credentials })
  const url = (id: string): string => `${endpoint}/tracks/${encodeURIComponent(id)}.mp3`
  const tests: testing.ContractTest[] = testing.sourceContract({
    make: () => httpTracks.httpSource({ url }),
    put: () => undefined,
    replace: () => undefined,
    remove: () => undefined,
  })
  await tests.find(({ name }) => name === 'finds nothing under an unknown id')?.run()
  const played = {
    s3: await play(s3Tracks.s3Source({ client, bucket: 'tracks' })),
    http: await play(httpTracks.httpSource({ url })),
  }
  client.destroy()
  origin.closeAllConnections()
  origin.close()
  console.log(JSON.stringify({ ...played, tests: tests.length }))
}

void main()
