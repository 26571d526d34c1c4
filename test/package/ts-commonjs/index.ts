import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import express = require('express')
import {
  createSigner,
  createStreamRouter,
  rangeStream,
  requireSignedUrl,
  StreamError,
  validateId,
  type Grant,
} from 'express-signed-stream'
import signedStream = require('express-signed-stream')

const [dir, id] = process.argv.slice(2)
const secret = '0123456789abcdef0123456789abcdef'

const app = express()
app.use('/stream', createStreamRouter({ dir, secret }))
app.get('/x/:id', validateId(), requireSignedUrl({ secret }), rangeStream({ dir }))
app.get('/grant/:id', requireSignedUrl({ secret }), (req, res) => {
  const grant: Grant | undefined = req.grant
  res.json(grant)
})
app.use((error: unknown, _req: express.Request, res: express.Response, next: express.NextFunction) => {
  if (!(error instanceof StreamError)) return next(error)
  res.status(error.status).set(error.headers).json({ code: error.code })
})

async function ask(url: string): Promise<unknown> {
  const answer = await fetch(url, { headers: { Range: 'bytes=1000-1999' } })
  const body = Buffer.from(await answer.arrayBuffer()).toString('base64')
  return { status: answer.status, contentRange: answer.headers.get('Content-Range'), body }
}

async function main(): Promise<void> {
  const server = app.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const { expires, sig } = createSigner({ secret }).sign(id, { expiresIn: 60 })
  const query = `?expires=${expires}&sig=${sig}`

  const result = {
    routed: await ask(createSigner({ secret, baseUrl: `${origin}/stream` }).signUrl(id, { expiresIn: 60 })),
    composed: await ask(`${origin}/x/${id}${query}`),
    grant: await (await fetch(`${origin}/grant/${id}${query}`)).json(),
    refusal: await (await fetch(`${origin}/x/${id}`)).json(),
    isSameClass: signedStream.StreamError === StreamError,
    express: require('express/package.json').version,
  }
  server.closeAllConnections()
  server.close()
  console.log(JSON.stringify({ ...result, expires }))
}

void main()
