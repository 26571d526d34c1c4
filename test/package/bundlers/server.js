/** A server that is bundled. It asks itself, and prints what it got. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import { createSigner, createStreamHandler, StreamError } from 'express-signed-stream'
import { httpSource } from 'express-signed-stream/http'

const [dir, id] = process.argv.slice(2)
const secret = '0123456789abcdef0123456789abcdef'

// CommonJS, in which some bundles are, knows no `await` outside of a function.
async function main() {
  const stream = createStreamHandler({ path: '/stream', dir, secret })
  const server = createServer((req, res) => stream(req, res)).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const baseUrl = `http://127.0.0.1:${server.address().port}/stream`
  const url = createSigner({ secret, baseUrl }).signUrl(id, { expiresIn: 60 })
  const response = await fetch(url, { headers: { Range: 'bytes=1000-1999' } })
  const body = Buffer.from(await response.arrayBuffer()).toString('base64')
  const contentRange = response.headers.get('Content-Range')
  server.closeAllConnections()
  server.close()

  /** Nobody listens on port 1: an error of one entry reaches the other as what it is. */
  const nowhere = createStreamHandler({
    source: httpSource({ url: name => `http://127.0.0.1:1/${name}` }),
    secret,
  })
  const fault = await nowhere.describe(id).catch(error => error)

  console.log(
    JSON.stringify({
      range: { status: response.status, contentRange, body },
      fault: { isStreamError: fault instanceof StreamError, code: fault.code },
    }),
  )
}

void main()
