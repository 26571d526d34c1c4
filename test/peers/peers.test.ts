/**
 * The requests that the tests of some twenty other servers make. Each gets its plan checked; those that no plan decides,
 * and every tenth of the others, also get their response over a real socket.
 */
import { Buffer } from 'node:buffer'
import { utimesSync } from 'node:fs'
import { Agent, type IncomingHttpHeaders } from 'node:http'
import { createStreamRouter, StreamError } from 'express-signed-stream'
import type { RequestFields } from '../../src/http/preconditions'
import { createPlanner, type ResponseHeaders, type ResponsePlan } from '../../src/http/response-plan'
import { parseParts } from '../support/answer-reader'
import { ask, type Answer } from '../support/client'
import { listen, type RunningServer } from '../support/server'
import { makeTrackDirectory, queryFor, SECRET } from '../support/tracks'
import { DATES } from './dates'
import { ENTITY_TAGS } from './entity-tags'
import { IF_RANGE } from './if-range'
import { METHODS } from './methods'
import { LAST_MODIFIED, NOW, type FileKind, type PeerCase } from './peer-case'
import { PRECEDENCE } from './precedence'
import { RANGE_SYNTAX } from './range-syntax'
import { SEVERAL_RANGES } from './several-ranges'
import { SINGLE_RANGES } from './single-ranges'
import { SOURCES } from './sources'
import { UNSATISFIABLE_RANGES } from './unsatisfiable-ranges'

const TABLES: readonly (readonly [theme: string, cases: readonly PeerCase[]])[] = [
  ['one range', SINGLE_RANGES],
  ['ranges with nothing in them', UNSATISFIABLE_RANGES],
  ['several ranges', SEVERAL_RANGES],
  ['range syntax', RANGE_SYNTAX],
  ['If-Range', IF_RANGE],
  ['If-Match and If-None-Match', ENTITY_TAGS],
  ['If-Modified-Since and If-Unmodified-Since', DATES],
  ['precedence', PRECEDENCE],
  ['methods', METHODS],
]

const EVERY_CASE = TABLES.flatMap(([, cases]) => cases)

/** No stretch of four bytes occurs twice at the same distance, so that a wrong offset shows. */
const CONTENT = Buffer.from(
  Uint32Array.from({ length: 300_000 }, (_, index) => Math.imul(index, 2654435761)).buffer,
)

const TEXTS: Readonly<Record<string, string>> = {
  '404': 'Fichier non trouvé',
  '405': 'Méthode non autorisée',
  '412': 'Précondition non remplie',
  '416': 'Plage non satisfaisable',
}

const tracks = makeTrackDirectory()
const agent = new Agent({ keepAlive: true, maxSockets: 1 })
const router = createStreamRouter({ dir: tracks.path, secret: SECRET, now: () => NOW })
let server: RunningServer

function trackOf({ file = 'ordinary', size }: PeerCase): string {
  return `${file}-${size}`
}

/** When a file of each kind was modified, in seconds, and its Last-Modified; tools that do not know a time write 0. */
const TIMES: Readonly<Record<FileKind, readonly [seconds: number, lastModified?: string]>> = {
  ordinary: [Date.parse(LAST_MODIFIED) / 1000 + 0.678, LAST_MODIFIED],
  undated: [0],
  fresh: [NOW, 'Sun, 01 Feb 2026 00:00:00 GMT'],
  missing: [0],
}

/** The fields of a case, for a track with the entity tag `tag`. */
function fill({ fields }: PeerCase, tag: string): Record<string, string | string[]> {
  function fillOne(text: string): string {
    return text.replaceAll('{tag}', tag).replaceAll('{opaque}', tag.slice(1, -1))
  }
  return Object.fromEntries(
    Object.entries(fields).map(([name, text]) => [
      name,
      typeof text === 'string' ? fillOne(text) : text.map(fillOne),
    ]),
  )
}

/** Whether the plan alone decides the response: other methods and missing files are refused before, and Node joins what is repeated. */
function isPlanned({ method = 'GET', file, fields }: PeerCase): boolean {
  const isRepeated = Object.values(fields).some(text => typeof text !== 'string')
  return (method === 'GET' || method === 'HEAD') && file !== 'missing' && !isRepeated
}

const PLANNED_TAG = '"1xkh-mjwcsqtu"'

function plan(peerCase: PeerCase): ResponsePlan {
  const { file = 'ordinary', size, method } = peerCase
  const [seconds, lastModified] = TIMES[file]
  // A parser of HTTP gives values without the white space around them.
  const fields = Object.entries(fill(peerCase, PLANNED_TAG)).map(([name, text]) => [
    name.toLowerCase(),
    String(text).replace(/^[ \t]+|[ \t]+$/g, ''),
  ])
  const representation = {
    size,
    mediaType: 'audio/mpeg',
    etag: PLANNED_TAG,
    lastModified: lastModified === undefined ? undefined : Math.floor(seconds),
  }
  const context = {
    now: NOW,
    cacheControl: 'private, no-transform, max-age=600',
    makeBoundary: () => '0123456789abcdef0123456789abcdef01234567',
  }
  return createPlanner()(
    method === 'HEAD' ? 'HEAD' : 'GET',
    Object.fromEntries(fields) as RequestFields,
    representation,
    context,
  )
}

/** The response that a plan becomes, as far as the plan decides. */
function answerOf(planned: ResponsePlan, { method }: PeerCase): Answer {
  if (planned.kind === 'refuse') {
    const { status, headers, message } = new StreamError(planned.code, planned)
    return { status, headers: lowerCased(headers), body: Buffer.from(method === 'HEAD' ? '' : message) }
  }
  const pieces = planned.body.map(segment =>
    segment.kind === 'range' ? CONTENT.subarray(segment.range.first, segment.range.last + 1) : segment.bytes,
  )
  return { status: planned.status, headers: lowerCased(planned.headers), body: Buffer.concat(pieces) }
}

function lowerCased(headers: ResponseHeaders): IncomingHttpHeaders {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name.toLowerCase(), String(value)]),
  )
}

/** Entity tags by the name of the track. */
const tags = new Map<string, string>()

function request(peerCase: PeerCase): Promise<Answer> {
  const track = trackOf(peerCase)
  const headers = fill(peerCase, tags.get(track) ?? '""')
  return ask(server.port, `/${track}?${queryFor(track, NOW + 600)}`, {
    method: peerCase.method,
    headers,
    agent,
  })
}

beforeAll(async () => {
  server = await listen(router)
  const files = new Map(EVERY_CASE.map(peerCase => [trackOf(peerCase), peerCase]))
  for (const [track, { file = 'ordinary', size }] of files) {
    if (file === 'missing') continue
    const path = tracks.write(`${track}.mp3`, CONTENT.subarray(0, size))
    utimesSync(path, TIMES[file][0], TIMES[file][0])
    const { etag = '' } = (await router.describe(track)) ?? {}
    tags.set(track, etag)
  }
})
afterAll(async () => {
  agent.destroy()
  await server.close()
  tracks.remove()
})

function describeFields({ fields }: PeerCase): string {
  const lines = Object.entries(fields).flatMap(([name, text]) => [text].flat().map(one => `${name}: ${one}`))
  const all = lines.length === 0 ? 'nothing else' : lines.join(' | ')
  return all.length > 120 ? `${all.slice(0, 120)}…` : all
}

function titleOf(peerCase: PeerCase): string {
  const { name, expected, size, file = 'ordinary', method = 'GET' } = peerCase
  return `${expected} for ${name}: ${method} of ${size} bytes (${file}), ${describeFields(peerCase)}`
}

/** The fields that a plan decides. One comparison of all is a tenth of the work of one for each. */
const DECIDED = [
  ...['etag', 'last-modified', 'cache-control', 'accept-ranges', 'content-type', 'content-length'],
  ...['content-range', 'content-encoding', 'transfer-encoding', 'allow'],
]

function decidedFields(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  return Object.fromEntries(DECIDED.map(name => [name, headers[name]]))
}

/** What 200, 206 and 304 have alike (RFC 9110, sections 15.3.7 and 15.4.5). */
function representationFields(peerCase: PeerCase, tag: string): IncomingHttpHeaders {
  return {
    etag: tag,
    'last-modified': TIMES[peerCase.file ?? 'ordinary'][1],
    'cache-control': 'private, no-transform, max-age=600',
    'accept-ranges': 'bytes',
  }
}

function expectWhole({ headers, body }: Answer, peerCase: PeerCase, tag: string): void {
  expect(decidedFields(headers)).toEqual({
    ...representationFields(peerCase, tag),
    'content-type': 'audio/mpeg',
    'content-length': String(peerCase.size),
  })
  expectBytes(body, 0, peerCase.method === 'HEAD' ? 0 : peerCase.size)
}

/** Compares before a matcher does, which would print a mebibyte. */
function expectBytes(body: Buffer, start: number, end: number): void {
  const isEqual = body.equals(CONTENT.subarray(start, end))
  if (!isEqual) expect(`${body.length} bytes`).toBe(`the ${end - start} bytes from ${start}`)
}

function expectParts({ headers, body }: Answer, peerCase: PeerCase, tag: string): void {
  const { size, expected } = peerCase
  const parts = expected.slice('206 '.length).split(', ')
  const [only, ...others] = parts
  const isSingle = others.length === 0
  expect(decidedFields(headers)).toEqual({
    ...representationFields(peerCase, tag),
    'content-type': isSingle ? 'audio/mpeg' : (expect.stringMatching(MULTIPART) as string),
    'content-length': String(body.length),
    'content-range': isSingle ? `bytes ${only}/${size}` : undefined,
  })
  if (isSingle) {
    expectPart(body, only)
    return
  }
  expect(body.length).toBeLessThanOrEqual(size)
  const received = parseParts(headers['content-type'] ?? '', body)
  expect(received.map(part => Object.fromEntries(part.fields))).toEqual(
    parts.map(part => ({ 'content-type': 'audio/mpeg', 'content-range': `bytes ${part}/${size}` })),
  )
  for (const [index, part] of received.entries()) expectPart(part.body, parts[index])
}

const MULTIPART = /^multipart\/byteranges; boundary=[0-9A-Za-z]{1,70}$/

/** @param positions such as `0-9` */
function expectPart(bytes: Buffer, positions = ''): void {
  const [first = NaN, last = NaN] = positions.split('-').map(Number)
  expectBytes(bytes, first, last + 1)
}

function expectNotModified({ headers, body }: Answer, peerCase: PeerCase, tag: string): void {
  expect(decidedFields(headers)).toEqual(representationFields(peerCase, tag))
  expect(body).toHaveLength(0)
}

function expectRefusal({ headers, body }: Answer, { method, size, expected }: PeerCase): void {
  // The text and its fields are not in the plan.
  const fields = { ...decidedFields(headers), 'content-type': undefined, 'content-length': undefined }
  expect(fields).toEqual({
    'cache-control': 'no-store',
    'content-range': expected === '416' ? `bytes */${size}` : undefined,
    allow: expected === '405' ? 'GET, HEAD' : undefined,
  })
  expect(body.toString()).toBe(method === 'HEAD' ? '' : TEXTS[expected])
}

function expectExpected(answer: Answer, peerCase: PeerCase, tag: string): void {
  expect(answer.status).toBe(Number(peerCase.expected.slice(0, 3)))
  switch (peerCase.expected) {
    case '200':
      expectWhole(answer, peerCase, tag)
      break
    case '304':
      expectNotModified(answer, peerCase, tag)
      break
    case '404':
    case '405':
    case '412':
    case '416':
      expectRefusal(answer, peerCase)
      break
    default:
      expectParts(answer, peerCase, tag)
  }
}

/** What is wrong with the plan for `peerCase`: an empty list if it is as expected. */
function faultsOf(peerCase: PeerCase): string[] {
  try {
    expectExpected(answerOf(plan(peerCase), peerCase), peerCase, PLANNED_TAG)
    return []
  } catch (error) {
    return [`${titleOf(peerCase)}: ${(error as Error).message}`]
  }
}

// One test for each table: a test of its own for each of 2400 cases takes longer than the cases.
it.each(TABLES)('the plans are as expected, of %s', (_theme, cases) => {
  expect(cases.filter(isPlanned).flatMap(faultsOf)).toEqual([])
})

describe('responses over a socket', () => {
  const sample = EVERY_CASE.filter((peerCase, index) => index % 10 === 0 || !isPlanned(peerCase))

  it.each(sample.map(peerCase => [titleOf(peerCase), peerCase] as const))('%s', async (_title, peerCase) => {
    const answer = await request(peerCase)
    expectExpected(answer, peerCase, tags.get(trackOf(peerCase)) ?? 'no tag')
    expect(answer.headers.date).toBeDefined()
    const text = TEXTS[peerCase.expected]
    if (text === undefined) return
    expect(answer.headers['content-type']).toBe('text/plain; charset=utf-8')
    expect(answer.headers['content-length']).toBe(String(Buffer.byteLength(text)))
  })
})

describe('the cases', () => {
  it('are each in the tables once', () => {
    const seen = new Map<string, PeerCase>()
    const twice = EVERY_CASE.filter(peerCase => {
      const { method = 'GET', fields } = peerCase
      const key = JSON.stringify([trackOf(peerCase), method, Object.entries(fields).sort()])
      const isKnown = seen.has(key)
      seen.set(key, peerCase)
      return isKnown
    })
    expect(twice.map(titleOf)).toEqual([])
  })

  it('come from every source that is named', () => {
    const used = new Set(EVERY_CASE.flatMap(({ from }) => from))
    expect(Object.keys(SOURCES).filter(source => !used.has(source as keyof typeof SOURCES))).toEqual([])
  })
})
