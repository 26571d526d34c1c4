/** Which responses a request may get, and what must be in each. */
import { Buffer } from 'node:buffer'
import { brotliDecompressSync, gunzipSync, inflateSync } from 'node:zlib'
import { parseParts, type WholeAnswer } from '../support/answer-reader'
import { grantOf, type Grant } from './grant'
import { CONTENT, ETAGS } from './known-tracks'
import type { SentRequest } from './sent-request'

/** Statuses by which a client learns something of a track. */
export const TELLING = new Set([200, 206, 304, 412, 416])

const TEXTS: Readonly<Record<number, string>> = {
  400: 'Identifiant invalide',
  403: 'Signature invalide',
  404: 'Fichier non trouvé',
  405: 'Méthode non autorisée',
  412: 'Précondition non remplie',
  416: 'Plage non satisfaisable',
}

/** Fails if `request` may not get `response`. */
export function expectDue(request: SentRequest, response: WholeAnswer): void {
  const { status, fields, text } = response
  const grant = grantOf(request.target)
  const presented = request.target.match(/[0-9a-f]{16,}/gi) ?? []

  expect(fields.has('x-injected')).toBe(false)
  expect(presented.filter(sig => text.includes(sig))).toEqual([])
  expect(dueStatuses(request, grant)).toContain(status)
  if (TELLING.has(status) && status < 400) {
    expectContent(request.method, response, grant.id)
    return
  }

  const body = decoded(response)
  const size = CONTENT.get(grant.id)?.length
  expect(presented.filter(sig => body.includes(sig))).toEqual([])
  expect(['etag', 'last-modified', 'accept-ranges'].filter(name => fields.has(name))).toEqual([])
  expect(fields.get('content-range')).toBe(status === 416 ? `bytes */${size}` : undefined)
  expect(fields.get('allow')).toBe(status === 405 ? 'GET, HEAD' : undefined)
  if (status === 204) return
  expect(fields.get('cache-control')).toBe('no-store')
  if (request.method === 'HEAD') return
  const isJson = fields.get('content-type')?.includes('json') === true
  const title = isJson ? (JSON.parse(body) as { title: string }).title : body
  const isExpired = status === 403 && grant.kind === 'expired'
  expect(title).toBe(isExpired ? 'Signature expirée' : TEXTS[status])
}

/** Nothing but the method, the signature, the extension and the conditions of the request decides which statuses it may get. */
function dueStatuses(
  { method, fields }: SentRequest,
  { kind, id, extension = 'mp3' }: Grant,
): readonly number[] {
  const names = new Set(fields.map(([name]) => name.toLowerCase()))
  if (method === 'OPTIONS' && names.has('origin') && names.has('access-control-request-method')) return [204]
  if (method !== 'GET' && method !== 'HEAD') return [405]
  if (kind === 'nonsense') return [400]
  if (kind !== 'open') return [403]
  if (!CONTENT.has(id) || extension !== 'mp3') return [404]
  const statuses = [200]
  if (names.has('if-match') || names.has('if-unmodified-since')) statuses.push(412)
  if (names.has('if-none-match') || names.has('if-modified-since')) statuses.push(304)
  if (names.has('range') && method === 'GET') statuses.push(206, 416)
  return statuses
}

/** A 200, 206 or 304 has the bytes of the file that its head names. */
function expectContent(method: string, { status, fields, body }: WholeAnswer, id: string): void {
  const content = CONTENT.get(id) ?? Buffer.alloc(0)
  const type = fields.get('content-type') ?? ''
  const contentRange = fields.get('content-range')
  expect(fields.get('etag')).toBe(ETAGS.get(id))
  expect(fields.has('content-encoding') || fields.has('transfer-encoding')).toBe(false)
  if (status === 200) expect(fields.get('content-length')).toBe(String(content.length))
  if (status !== 206) {
    expect([type, contentRange]).toEqual([status === 200 ? 'audio/mpeg' : '', undefined])
    expect(body.equals(status === 200 && method === 'GET' ? content : Buffer.alloc(0))).toBe(true)
  } else if (contentRange !== undefined) {
    expect(type).toBe('audio/mpeg')
    expect(body.equals(claimed(content, contentRange))).toBe(true)
  } else {
    const parts = parseParts(type, body)
    expect(parts.length).toBeGreaterThan(1)
    expect(body.length).toBeLessThanOrEqual(content.length)
    for (const part of parts) {
      expect(part.fields.get('content-type')).toBe('audio/mpeg')
      expect(part.body.equals(claimed(content, part.fields.get('content-range')))).toBe(true)
    }
  }
}

/** The bytes that a `Content-Range` names. */
function claimed(content: Buffer, contentRange: string | undefined): Buffer {
  const [, first, last, size] = /^bytes (\d+)-(\d+)\/(\d+)$/.exec(contentRange ?? '') ?? []
  expect(Number(size)).toBe(content.length)
  expect(Number(last)).toBeLessThan(content.length)
  expect(Number(first)).toBeLessThanOrEqual(Number(last))
  return content.subarray(Number(first), Number(last) + 1)
}

function decoded({ fields, body }: WholeAnswer): string {
  const decoders = { gzip: gunzipSync, deflate: inflateSync, br: brotliDecompressSync }
  const encoding = fields.get('content-encoding') as keyof typeof decoders | undefined
  return (encoding === undefined || body.length === 0 ? body : decoders[encoding](body)).toString()
}
