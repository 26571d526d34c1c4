/** Our own servers, and the floors: the least that Node, and Node with Express, can do. The peers are in `peers/`. */
import { readdirSync, readFileSync } from 'node:fs'
import type { RequestListener } from 'node:http'
import { join } from 'node:path'
import cors from 'cors'
import express from 'express'
import helmet from 'helmet'
import { createStreamRouter } from '../../src'

export type MakeListener = (dir: string, secret: string) => RequestListener | Promise<RequestListener>

export const SERVERS: Readonly<Record<string, MakeListener>> = {
  bare: (dir, secret) => unmounted(createStreamRouter({ dir, secret })),
  express: (dir, secret) => expressApp().use('/stream', createStreamRouter({ dir, secret })),
  'floor-bare': dir => unmounted(answerFromBuffers(dir)),
  'floor-express': dir => expressApp().use('/stream', answerFromBuffers(dir)),
}

function expressApp(): ReturnType<typeof express> {
  const app = express()
  app.use(cors(), helmet({ crossOriginResourcePolicy: { policy: 'cross-origin' } }))
  return app
}

/** Each file as one Buffer, a range by one regular expression, and a refusal for a signature of one digit. */
function answerFromBuffers(dir: string): RequestListener {
  const files = new Map(
    readdirSync(dir).map(name => [`/${name.replace('.mp3', '')}`, readFileSync(join(dir, name))]),
  )
  return (req, res) => {
    const [path = '', query = ''] = req.url?.split('?') ?? []
    const bytes = files.get(path) ?? Buffer.of()
    if (query.endsWith('sig=0')) {
      res.writeHead(403, { 'Content-Type': 'text/plain', 'Content-Length': 18 }).end('Signature invalide')
      return
    }
    if (req.headers['if-none-match'] !== undefined) {
      res.writeHead(304, { ETag: '"1"' }).end()
      return
    }
    const match = /^bytes=(\d+)-(\d+)$/.exec(req.headers.range ?? '')
    const first = match ? Number(match[1]) : 0
    const last = match ? Number(match[2]) : bytes.length - 1
    res.writeHead(match ? 206 : 200, {
      'Content-Type': 'audio/mpeg',
      'Content-Length': last - first + 1,
      'Accept-Ranges': 'bytes',
      ETag: '"1"',
      ...(match && { 'Content-Range': `bytes ${first}-${last}/${bytes.length}` }),
    })
    res.end(bytes.subarray(first, last + 1))
  }
}

function unmounted(listener: RequestListener): RequestListener {
  return (req, res) => {
    req.url = req.url?.slice('/stream'.length) ?? ''
    listener(req, res)
  }
}
