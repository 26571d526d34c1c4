/** A bucket on a real socket, in path style: ListObjectsV2 as S3 responds to it, and ranged GETs. It counts requests. */
import { createHash } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { listen } from '../support/server'

export interface FakeBucket extends AsyncDisposable {
  readonly endpoint: string
  readonly objects: Map<string, Buffer>
  /** Keys in one response at most; the client may want fewer. */
  pageSize: number
  /** Answers a request in place of the bucket; undefined to let it through. */
  fault: ((req: IncomingMessage, res: ServerResponse) => 'answered' | undefined) | undefined
  /** The requests so far: `LIST`, or `GET` and a key. */
  readonly requests: string[]
  /** The variables of a demo that serves it, with keys below `prefix`. */
  environment(prefix: string): Record<string, string>
}

export const BUCKET = 'music'

export async function startFakeBucket(): Promise<FakeBucket> {
  const objects = new Map<string, Buffer>()
  const requests: string[] = []
  const server = await listen((req, res) => {
    const { pathname, searchParams } = new URL(req.url ?? '', 'http://localhost')
    const [, container, ...segments] = pathname.split('/')
    const key = decodeURIComponent(segments.join('/'))
    requests.push(key === '' ? 'LIST' : `${req.method ?? ''} ${key}`)
    if (bucket.fault?.(req, res) === 'answered') return
    if (container !== BUCKET) sendError(res, 404, 'NoSuchBucket')
    else if (key === '' && !canList(searchParams)) sendError(res, 500, 'InternalError')
    else if (key === '') sendXml(res, 200, list(searchParams))
    else sendObject(req, res, objects.get(key))
  })

  /** XML cannot hold every character of a key, and stores write then what no parser has to read. */
  function canList(query: URLSearchParams): boolean {
    return (
      query.get('encoding-type') === 'url' || !Array.from(objects.keys()).some(key => /\p{Cc}/u.test(key))
    )
  }

  function list(query: URLSearchParams): string {
    const prefix = query.get('prefix') ?? ''
    const after = query.get('continuation-token') ?? ''
    const max = Math.min(bucket.pageSize, Number(query.get('max-keys') ?? 1000))
    const keys = Array.from(objects.keys())
      .filter(key => key.startsWith(prefix))
      .sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
    const start = keys.findIndex(key => Buffer.compare(Buffer.from(key), Buffer.from(after, 'base64')) > 0)
    const rest = after === '' ? keys : start < 0 ? [] : keys.slice(start)
    const page = rest.slice(0, max)
    const token = Buffer.from(page.at(-1) ?? '').toString('base64')
    const isTruncated = rest.length > max
    const encode =
      query.get('encoding-type') === 'url'
        ? (key: string) => encodeURIComponent(key).replaceAll('%20', '+').replaceAll('%2F', '/')
        : escapeXml
    return [
      `<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>${BUCKET}</Name>`,
      `<KeyCount>${page.length}</KeyCount><MaxKeys>${max}</MaxKeys><IsTruncated>${isTruncated}</IsTruncated>`,
      query.has('encoding-type') ? '<EncodingType>url</EncodingType>' : '',
      isTruncated ? `<NextContinuationToken>${token}</NextContinuationToken>` : '',
      ...page.map(
        key => `<Contents><Key>${encode(key)}</Key><Size>${objects.get(key)?.length ?? 0}</Size></Contents>`,
      ),
      '</ListBucketResult>',
    ].join('')
  }

  // Connections stay open until the client closes them.
  server.server.keepAliveTimeout = 0
  const bucket: FakeBucket = {
    endpoint: `http://127.0.0.1:${server.port}`,
    objects,
    pageSize: 1000,
    fault: undefined,
    requests,
    environment: prefix => ({
      AUDIO_DIR: '',
      SOURCE: `s3://${BUCKET}/${prefix}`,
      S3_ENDPOINT: `http://127.0.0.1:${server.port}`,
    }),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  }
  return bucket
}

function sendObject(req: IncomingMessage, res: ServerResponse, content: Buffer | undefined): void {
  if (content === undefined) {
    sendError(res, 404, 'NoSuchKey')
    return
  }
  const etag = `"${createHash('md5').update(content).digest('hex')}"`
  if (req.headers['if-match'] !== undefined && req.headers['if-match'] !== etag) {
    sendError(res, 412, 'PreconditionFailed')
    return
  }
  if (req.headers['if-none-match'] === etag) {
    res.writeHead(304, { etag }).end()
    return
  }
  const [, first = '0', end = ''] = /^bytes=(\d+)-(\d*)$/.exec(req.headers.range ?? '') ?? []
  const last = Math.min(end === '' ? Infinity : Number(end), content.length - 1)
  if (Number(first) > last) {
    sendError(res, 416, 'InvalidRange')
    return
  }
  res.writeHead(206, {
    etag,
    'content-type': 'binary/octet-stream',
    'content-length': last - Number(first) + 1,
    'content-range': `bytes ${first}-${last}/${content.length}`,
    'last-modified': 'Fri, 02 Jan 2026 03:04:05 GMT',
  })
  res.end(content.subarray(Number(first), last + 1))
}

export function sendError(res: ServerResponse, status: number, code: string): void {
  sendXml(res, status, `<Error><Code>${code}</Code><Message>A secret of the store</Message></Error>`)
}

function sendXml(res: ServerResponse, status: number, body: string): void {
  res.writeHead(status, { 'content-type': 'application/xml' })
  res.end(`<?xml version="1.0" encoding="UTF-8"?>${body}`)
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
}
