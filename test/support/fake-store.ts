/**
 * A store that does what the test says, on a real socket: `/{bucket}/{key}` as S3 in path style has it, which is an HTTP
 * origin as well. Without a fault, it responds as Ceph's gateway does.
 */
import { S3Client, type S3ClientConfig } from '@aws-sdk/client-s3'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type OutgoingHttpHeaders, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

export interface StoredObject {
  readonly bytes: Uint8Array
  readonly etag: string
  readonly type: string
  readonly lastModified: Date
  readonly headers: OutgoingHttpHeaders
}

export interface StoreRequest {
  readonly method: string
  readonly url: string
  readonly key: string
  readonly headers: IncomingMessage['headers']
}

/** What goes wrong with one request. Several fields may be combined. */
export interface Fault {
  /** Called with the request before the response, such as to replace the object. */
  readonly before?: (() => unknown) | undefined
  /** Milliseconds until the head. */
  readonly delay?: number
  /** The head never comes. */
  readonly isSilent?: boolean
  /** The connection closes before the head. */
  readonly isReset?: boolean
  /** An error in place of the object. */
  readonly status?: number
  /** The `Code` of the error, as S3 has it. */
  readonly code?: string
  /** Fields of the response in place of its own; `undefined` for none. */
  readonly headers?: Readonly<Record<string, string | undefined>>
  readonly ignoresRange?: boolean
  readonly ignoresConditions?: boolean
  /** The connection closes after so many bytes of the body. */
  readonly cutAfter?: number
  /** So many bytes of the body come, then nothing. */
  readonly stallAfter?: number
  /** So many bytes more than announced, without a `Content-Length`. */
  readonly surplus?: number
  /** The body ends so many bytes early, without a `Content-Length`. */
  readonly missing?: number
}

export interface FakeStore extends AsyncDisposable {
  readonly port: number
  readonly origin: string
  readonly bucket: string
  /** All requests, in their order. */
  readonly requests: StoreRequest[]
  /** The next requests meet these, one each; undefined for none. */
  readonly faults: (Fault | undefined)[]
  /** Each request without a fault of its own meets this one, or the one that it returns. */
  everyFault: Fault | ((request: StoreRequest) => Fault | undefined) | undefined
  /** @returns the entity tag */
  put(key: string, bytes: Uint8Array, options?: Partial<StoredObject>): string
  remove(key: string): void
  /** Of GET, or of another method. */
  count(method?: string): number
  /** Connections that are open now. */
  openSockets(): number
  /** Connections that are open now, and on which a response is in progress. */
  busySockets(): number
  /** Of an object at the origin. */
  urlOf(key: string): string
  /** A client for its bucket, with one attempt for each request. */
  client(config?: S3ClientConfig): S3Client
}

export const CREDENTIALS = { accessKeyId: 'testaccess', secretAccessKey: 'testsecretkey' }

export async function startFakeStore(): Promise<FakeStore> {
  const objects = new Map<string, StoredObject>()
  const requests: StoreRequest[] = []
  const faults: (Fault | undefined)[] = []
  const sockets = new Set<Socket>()
  const busy = new Set<Socket>()
  const clients: S3Client[] = []
  const bucket = 'tracks'

  const server = createServer((req, res) => {
    void respond(req, res)
  })
  server.on('connection', socket => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    socket.on('close', () => sockets.delete(socket))
  })

  async function respond(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const { socket, method = '', url = '', headers } = req
    busy.add(socket)
    res.once('close', () => busy.delete(socket))
    const path = url.split('?', 1)[0] ?? ''
    const [, container, ...segments] = path.split('/')
    const key = decodeURIComponent(segments.join('/'))
    const request = { method, url, key, headers }
    requests.push(request)
    const { everyFault } = store
    const own = faults.shift()
    const fault: Fault = own ?? (typeof everyFault === 'function' ? everyFault(request) : everyFault) ?? {}
    await fault.before?.()
    if (fault.delay !== undefined) await sleep(fault.delay)
    if (fault.isSilent === true) return
    if (fault.isReset === true) {
      socket.resetAndDestroy()
      return
    }
    const object = objects.get(key)
    if (fault.status !== undefined) sendError(req, res, fault.status, fault.code ?? 'Fault', fault)
    else if (container !== bucket) sendError(req, res, 404, 'NoSuchBucket', fault)
    else if (object === undefined) sendError(req, res, 404, 'NoSuchKey', fault)
    else sendObject(req, res, object, fault)
  }

  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const origin = `http://127.0.0.1:${port}`
  const store: FakeStore = {
    port,
    origin,
    bucket,
    requests,
    faults,
    everyFault: undefined,
    put(key, bytes, options = {}) {
      const etag = options.etag ?? `"${createHash('md5').update(bytes).digest('hex')}"`
      const { type = 'audio/mpeg', lastModified = new Date('2026-01-02T03:04:05Z'), headers = {} } = options
      objects.set(key, { bytes, etag, type, lastModified, headers })
      return etag
    },
    remove: key => void objects.delete(key),
    count: (method = 'GET') => requests.filter(request => request.method === method).length,
    openSockets: () => sockets.size,
    busySockets: () => busy.size,
    urlOf: key => `${origin}/${bucket}/${key.split('/').map(encodeURIComponent).join('/')}`,
    client(config = {}) {
      const client = new S3Client({
        endpoint: origin,
        forcePathStyle: true,
        region: 'us-east-1',
        credentials: CREDENTIALS,
        maxAttempts: 1,
        ...config,
      })
      clients.push(client)
      return client
    },
    async [Symbol.asyncDispose]() {
      for (const client of clients) client.destroy()
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
  return store
}

function sendObject(req: IncomingMessage, res: ServerResponse, object: StoredObject, fault: Fault): void {
  const { bytes, etag, type, lastModified, headers } = object
  const size = bytes.length
  const status = fault.ignoresConditions === true ? undefined : findRefusal(req, object)
  const ownFields = {
    etag,
    'last-modified': lastModified.toUTCString(),
    'content-type': type,
    'accept-ranges': 'bytes',
    ...headers,
  }
  if (status === 304) {
    res.writeHead(304, merged({ etag }, fault)).end()
    return
  }
  if (status !== undefined) {
    sendError(req, res, status, 'PreconditionFailed', fault)
    return
  }
  const range = fault.ignoresRange === true ? undefined : req.headers.range
  const part = range === undefined ? { first: 0, last: size - 1 } : findPart(range, size)
  if (part === undefined) {
    sendError(req, res, 416, 'InvalidRange', fault)
    return
  }
  const body = bytes.subarray(part.first, part.last + 1)
  const isChunked = fault.surplus !== undefined || fault.missing !== undefined
  const fields = {
    ...ownFields,
    ...(isChunked ? {} : { 'content-length': String(body.length) }),
    ...(range === undefined ? {} : { 'content-range': `bytes ${part.first}-${part.last}/${size}` }),
  }
  res.writeHead(range === undefined ? 200 : 206, merged(fields, fault))
  if (req.method === 'HEAD') res.end()
  else sendBody(res, body, fault)
}

function sendBody(res: ServerResponse, body: Uint8Array, fault: Fault): void {
  const { cutAfter, stallAfter, surplus = 0, missing = 0 } = fault
  if (cutAfter !== undefined) res.write(body.subarray(0, cutAfter), () => res.socket?.destroy())
  else if (stallAfter !== undefined) res.write(body.subarray(0, stallAfter))
  else res.end(Buffer.concat([body.subarray(0, body.length - missing), Buffer.alloc(surplus, '!')]))
}

function findRefusal(
  { headers }: IncomingMessage,
  { etag, lastModified }: StoredObject,
): 304 | 412 | undefined {
  const modified = Math.floor(lastModified.getTime() / 1000)
  const since = Date.parse(headers['if-modified-since'] ?? '') / 1000
  const unmodifiedSince = Date.parse(headers['if-unmodified-since'] ?? '') / 1000
  if (headers['if-match'] !== undefined && headers['if-match'] !== etag) return 412
  if (modified > unmodifiedSince) return 412
  return headers['if-none-match'] === etag || modified <= since ? 304 : undefined
}

function findPart(range: string, size: number): { first: number; last: number } | undefined {
  const [, start = '', end = ''] = /^bytes=(\d*)-(\d*)$/.exec(range) ?? []
  if (start === '') return size === 0 ? undefined : { first: Math.max(0, size - Number(end)), last: size - 1 }
  const first = Number(start)
  return first >= size ? undefined : { first, last: end === '' ? size - 1 : Math.min(Number(end), size - 1) }
}

function sendError(
  req: IncomingMessage,
  res: ServerResponse,
  status: number,
  code: string,
  fault: Fault,
): void {
  const body = `<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code></Error>`
  const fields = { 'content-type': 'application/xml', 'content-length': String(body.length) }
  res.writeHead(status, merged(fields, fault))
  res.end(req.method === 'HEAD' ? undefined : body)
}

function merged(fields: OutgoingHttpHeaders, { headers = {} }: Fault): OutgoingHttpHeaders {
  const all: OutgoingHttpHeaders = { ...fields, ...headers }
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined))
}
