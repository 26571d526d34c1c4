/** Exchanges that every host must get right, with what the client, the app and subscribers see of them. */
import { Buffer } from 'node:buffer'
import { inSeconds, LAST_MODIFIED, pathFor, queryFor } from '../support/tracks'
import type { ExchangeSettings, HostRequest } from './host-process'

/** 5 MB, in which a wrong offset shows. */
export const CONTENT = Buffer.from(
  Uint32Array.from({ length: 1_250_000 }, (_, index) => Math.imul(index, 2654435761)).buffer,
)

export interface Case {
  readonly what: string
  readonly request: HostRequest
  readonly awaits?: ExchangeSettings['awaits']
  readonly status: number
  /** What the response carries, among others. */
  readonly headers: Readonly<Record<string, unknown>>
  readonly body: Buffer | readonly Buffer[]
  readonly events: readonly object[]
}

/** Longer than all hosts take. */
const EXPIRES = inSeconds(7200)
const LINK = pathFor('track1', EXPIRES)

const NOTHING = Buffer.alloc(0)
const PROTECTIVE = { 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer' }
const ETAG = expect.stringMatching(/^"[^"]+"$/) as unknown
const VALIDATORS = { etag: ETAG, 'last-modified': LAST_MODIFIED }
const CURRENT = {
  ...PROTECTIVE,
  ...VALIDATORS,
  'accept-ranges': 'bytes',
  'cache-control': expect.stringMatching(/^private, no-transform, max-age=\d+$/) as unknown,
}

/** Answered with the track, or with what the client knows of it. */
function served(
  what: string,
  request: Omit<HostRequest, 'path'>,
  status: number,
  body: Case['body'],
  headers: Case['headers'],
): Case {
  const { method = 'GET' } = request
  const common = { id: 'track1', method, status }
  return {
    what,
    request: { path: LINK, ...request },
    awaits: 'completion',
    status,
    headers: { ...CURRENT, ...headers },
    body,
    events: [
      { kind: 'request', ...common },
      { kind: 'completion', ...common, outcome: 'complete' },
    ],
  }
}

function refused(
  what: string,
  request: Partial<HostRequest>,
  status: number,
  code: string,
  text: string,
  headers: Case['headers'] = {},
): Case {
  return {
    what,
    request: { path: LINK, ...request },
    awaits: 'refusal',
    status,
    headers: {
      ...PROTECTIVE,
      'content-type': 'text/plain; charset=utf-8',
      'content-length': String(Buffer.byteLength(text)),
      'cache-control': 'no-store',
      ...headers,
    },
    body: Buffer.from(text),
    events: [{ kind: 'refusal', code, status }],
  }
}

const PROBLEM = '{"type":"about:blank","title":"Signature invalide","status":403,"code":"SIGNATURE_MISSING"}'
const WHOLE = { 'content-type': 'audio/mpeg', 'content-length': '5000000' }

export const CASES: readonly Case[] = [
  served('the whole track, from the disk', {}, 200, CONTENT, WHOLE),
  served('the whole track, from memory', {}, 200, CONTENT, WHOLE),
  served('2 MB', { headers: { range: 'bytes=100-2000099' } }, 206, CONTENT.subarray(100, 2_000_100), {
    'content-type': 'audio/mpeg',
    'content-length': '2000000',
    'content-range': 'bytes 100-2000099/5000000',
  }),
  served('the last 100 bytes', { headers: { range: 'bytes=-100' } }, 206, CONTENT.subarray(-100), {
    'content-length': '100',
    'content-range': 'bytes 4999900-4999999/5000000',
  }),
  served(
    'two ranges',
    { headers: { range: 'bytes=0-9,100-299999' } },
    206,
    [CONTENT.subarray(0, 10), CONTENT.subarray(100, 300_000)],
    { 'content-type': expect.stringMatching(/^multipart\/byteranges; boundary=/) as unknown },
  ),
  served('HEAD', { method: 'HEAD' }, 200, NOTHING, WHOLE),
  served('304', { headers: { 'if-none-match': '*' } }, 304, NOTHING, {}),
  refused(
    '412',
    { headers: { 'if-match': '"another"' } },
    412,
    'PRECONDITION_FAILED',
    'Précondition non remplie',
  ),
  refused(
    '416',
    { headers: { range: 'bytes=5000000-' } },
    416,
    'RANGE_NOT_SATISFIABLE',
    'Plage non satisfaisable',
    {
      'content-range': 'bytes */5000000',
    },
  ),
  refused(
    '403 without a signature',
    { path: '/stream/track1' },
    403,
    'SIGNATURE_MISSING',
    'Signature invalide',
  ),
  refused(
    '403 for the link of another track',
    { path: `/stream/track1?${queryFor('track2', EXPIRES)}` },
    403,
    'SIGNATURE_INVALID',
    'Signature invalide',
  ),
  refused(
    '403 for an expired link',
    { path: pathFor('track1', 1_700_000_000) },
    403,
    'SIGNATURE_EXPIRED',
    'Signature expirée',
  ),
  refused(
    '403 as problem details',
    { path: '/stream/track1', headers: { accept: 'application/json' } },
    403,
    'SIGNATURE_MISSING',
    PROBLEM,
    { 'content-type': 'application/problem+json' },
  ),
  refused('404', { path: pathFor('nowhere', EXPIRES) }, 404, 'NOT_FOUND', 'Fichier non trouvé'),
  refused('405', { method: 'POST' }, 405, 'METHOD_NOT_ALLOWED', 'Méthode non autorisée', {
    allow: 'GET, HEAD',
  }),
]

const ORIGIN = 'https://player.example'

/** What only the whole handler does. */
export const CROSS_ORIGIN_CASES: readonly Case[] = [
  {
    what: 'a preflight',
    request: {
      method: 'OPTIONS',
      path: '/stream/track1',
      headers: {
        origin: ORIGIN,
        'access-control-request-method': 'GET',
        'access-control-request-headers': 'range',
      },
    },
    status: 204,
    headers: {
      'access-control-allow-methods': 'GET,HEAD',
      'access-control-allow-headers': expect.stringContaining('Range') as unknown,
      'access-control-max-age': '600',
    },
    body: NOTHING,
    events: [],
  },
  served(
    'a range for a page of another origin',
    { headers: { origin: ORIGIN, range: 'bytes=0-99' } },
    206,
    CONTENT.subarray(0, 100),
    {
      'content-range': 'bytes 0-99/5000000',
      'access-control-expose-headers': 'Content-Range,Content-Length,Accept-Ranges,ETag',
    },
  ),
  refused(
    '403 for a page of another origin',
    { path: '/stream/track1', headers: { origin: ORIGIN } },
    403,
    'SIGNATURE_MISSING',
    'Signature invalide',
    {
      'access-control-expose-headers': 'Content-Range,Content-Length,Accept-Ranges,ETag',
    },
  ),
]
