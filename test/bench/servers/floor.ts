/**
 * The least that Node can do: each track is one Buffer, a range one regular expression, and a refusal a signature that
 * ends in zeros. The header fields are those of our handler, taken from its own responses at the start.
 */
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { createServer, get, type IncomingMessage, type RequestListener, type RequestOptions } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { computeSignature } from 'express-signed-stream'

type Fields = Record<string, string | number>

interface Heads {
  readonly whole: Fields
  readonly part: Fields
  readonly notModified: Fields
  readonly refused: Fields
  readonly refusal: string
}

/** Those that Node itself writes. */
const OWN_FIELDS = new Set(['date', 'connection', 'keep-alive', 'transfer-encoding'])

const RANGE = /^bytes=(\d+)-(\d+)$/

export async function makeFloor(
  dir: string,
  base: string,
  secret: string,
  ours: RequestListener,
): Promise<RequestListener> {
  const ids = readdirSync(dir).map(name => name.replace('.mp3', ''))
  const files = new Map(ids.map(id => [base + id, readFileSync(join(dir, `${id}.mp3`))]))
  const heads = await takeHeads(ours, secret, ids[0] ?? '')
  return (req, res) => {
    const url = req.url ?? ''
    if (url.endsWith('00000000')) {
      res.writeHead(403, heads.refused).end(heads.refusal)
      return
    }
    const bytes = files.get(url.slice(0, url.indexOf('?'))) ?? Buffer.of()
    const { headers } = req
    if (headers['if-none-match'] !== undefined) {
      res.writeHead(304, heads.notModified).end()
      return
    }
    const range = headers.range === undefined ? null : RANGE.exec(headers.range)
    if (range === null) {
      res.writeHead(200, heads.whole)
      res.end(bytes)
      return
    }
    const first = Number(range[1])
    const last = Number(range[2])
    // One object for all: it is written before the next request comes.
    heads.part['Content-Length'] = last - first + 1
    heads.part['Content-Range'] = `bytes ${first}-${last}/${bytes.length}`
    res.writeHead(206, heads.part)
    res.end(bytes.subarray(first, last + 1))
  }
}

async function takeHeads(ours: RequestListener, secret: string, id: string): Promise<Heads> {
  const server = createServer(ours).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const expires = Math.floor(Date.now() / 1000) + 60
  const signature = computeSignature(secret, id, expires)
  function take(headers: Record<string, string> = {}, signed = signature): Promise<Head> {
    return takeHead({ port, path: `/stream/${id}?expires=${expires}&sig=${signed}`, headers })
  }
  try {
    const { fields: whole } = await take()
    const refused = await take({}, '0'.repeat(64))
    return {
      whole,
      part: (await take({ Range: 'bytes=0-1' })).fields,
      notModified: (await take({ 'If-None-Match': String(whole['ETag']) })).fields,
      refused: refused.fields,
      refusal: refused.text,
    }
  } finally {
    server.close()
  }
}

interface Head {
  readonly fields: Fields
  readonly text: string
}

async function takeHead(request: RequestOptions): Promise<Head> {
  const [response] = (await once(get({ host: '127.0.0.1', agent: false, ...request }), 'response')) as [
    IncomingMessage,
  ]
  const { rawHeaders } = response
  const pairs = rawHeaders.flatMap((name, at) =>
    at % 2 === 0 && !OWN_FIELDS.has(name.toLowerCase()) ? [[name, rawHeaders[at + 1] ?? ''] as const] : [],
  )
  const body = (await response.toArray()) as Buffer[]
  return { fields: Object.fromEntries(pairs), text: Buffer.concat(body).toString() }
}
