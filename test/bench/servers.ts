/** Our own servers, and the floors: the least that Node, and Node with Express, can do. The peers are in `peers/`. */
import { readdirSync, readFileSync } from 'node:fs'
import type { RequestListener } from 'node:http'
import { join } from 'node:path'
import cors from 'cors'
import express from 'express'
import helmet from 'helmet'
import { createStreamHandler, createStreamRouter } from '../../src'

export type MakeListener = (dir: string, secret: string) => RequestListener | Promise<RequestListener>

/** Longer than any measurement, so that no listener who stands still is cut. */
const stallTimeout = 3_600_000

export const SERVERS: Readonly<Record<string, MakeListener>> = {
  bare: (dir, secret) => createStreamHandler({ path: '/stream', dir, secret, stallTimeout }),
  express: (dir, secret) => expressApp().use('/stream', createStreamRouter({ dir, secret, stallTimeout })),
  'floor-bare': dir => answerFromBuffers(dir, '/stream/'),
  'floor-express': dir => expressApp().use('/stream', answerFromBuffers(dir, '/')),
}

function expressApp(): ReturnType<typeof express> {
  const app = express()
  app.use(cors(), helmet({ crossOriginResourcePolicy: { policy: 'cross-origin' } }))
  return app
}

const RANGE = /^bytes=(\d+)-(\d+)$/

/** Each file as one Buffer, a range by one regular expression, and a refusal for a signature that ends in zeros. */
function answerFromBuffers(dir: string, base: string): RequestListener {
  const files = new Map(
    readdirSync(dir).map(name => [base + name.replace('.mp3', ''), readFileSync(join(dir, name))]),
  )
  return (req, res) => {
    const url = req.url ?? ''
    if (url.endsWith('00000000')) {
      res.writeHead(403, { 'Content-Type': 'text/plain', 'Content-Length': 18 }).end('Signature invalide')
      return
    }
    const bytes = files.get(url.slice(0, url.indexOf('?'))) ?? Buffer.of()
    const { headers } = req
    if (headers['if-none-match'] !== undefined) {
      res.writeHead(304, { ETag: '"1"' }).end()
      return
    }
    const range = headers.range === undefined ? null : RANGE.exec(headers.range)
    if (range === null) {
      res.writeHead(200, {
        'Content-Type': 'audio/mpeg',
        'Content-Length': bytes.length,
        'Accept-Ranges': 'bytes',
        ETag: '"1"',
      })
      res.end(bytes)
      return
    }
    const first = Number(range[1])
    const last = Number(range[2])
    res.writeHead(206, {
      'Content-Type': 'audio/mpeg',
      'Content-Length': last - first + 1,
      'Content-Range': `bytes ${first}-${last}/${bytes.length}`,
      'Accept-Ranges': 'bytes',
      ETag: '"1"',
    })
    res.end(bytes.subarray(first, last + 1))
  }
}
