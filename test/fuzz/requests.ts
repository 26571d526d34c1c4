/** Requests at random: methods, fields, ranges, conditions and framings. */
import { Buffer } from 'node:buffer'
import { METHODS } from 'node:http'
import fc, { type Arbitrary } from 'fast-check'
import { LAST_MODIFIED } from '../support/tracks'
import { INJECTION } from './forgeries'
import { ETAGS } from './known-tracks'
import type { SentRequest } from './sent-request'
import { pieced } from './targets'

export function request(target: Arbitrary<string>): Arbitrary<SentRequest> {
  // Node closes the connection of a CONNECT that has no listener.
  const anyMethod = fc.constantFrom(...METHODS.filter(method => method !== 'CONNECT'))
  return fc
    .record({
      method: fc.oneof({ weight: 6, arbitrary: fc.constantFrom('GET', 'GET', 'HEAD', 'GET') }, anyMethod),
      target,
      version: fc.constantFrom(...Array<'1.1'>(9).fill('1.1'), '1.0' as const),
      fields: fc
        .tuple(fc.option(ranges()), fc.array(field(), { maxLength: 4 }))
        .map(([range, others]) => (range === null ? others : [['Range', range] as const, ...others])),
      framing: fc.constantFrom(...Array<'none'>(6).fill('none'), 'length' as const, 'chunked' as const),
      body: fc.constantFrom('', 'hello', 'GET /stream/track1 HTTP/1.1\r\n\r\n'),
    })
    .map(made => (made.version === '1.0' ? { ...made, framing: 'none' } : made))
}

/** The same request for another track, against a server that trusts a query because it was valid before. */
export function borrow(made: SentRequest, id: string): SentRequest {
  return { ...made, target: made.target.replace(/(?<=\/stream\/)[^?#]*/, id) }
}

/** One field; a request may have the same name twice. */
function field(): Arbitrary<readonly [string, string]> {
  const anyText = fieldText()
  function named(weight: number, name: string, ...values: readonly (Arbitrary<string> | string)[]) {
    const likely = values.map(value => (typeof value === 'string' ? fc.constant(value) : value))
    return { weight, arbitrary: fc.tuple(fc.mixedCase(fc.constant(name)), fc.oneof(...likely, anyText)) }
  }
  const connection = [
    'Connection: close',
    'Connection: keep-alive',
    'Connection: Upgrade',
    'Upgrade: websocket',
  ]
  return fc.oneof(
    named(1, 'Range', ranges()),
    named(2, 'If-Match', tags(), tags()),
    named(2, 'If-None-Match', tags(), tags()),
    named(2, 'If-Modified-Since', date(), date()),
    named(2, 'If-Unmodified-Since', date(), date()),
    named(3, 'If-Range', tags(), tags(), date()),
    named(2, 'Accept', 'application/json', 'audio/*', 'application/problem+json;q=0.9, text/plain;q=0.1'),
    named(2, 'Accept-Encoding', 'gzip', 'br', 'deflate', '*', 'identity;q=0'),
    named(2, 'Origin', 'null', 'https://a.example'),
    named(1, 'Access-Control-Request-Method', 'GET'),
    named(1, 'Access-Control-Request-Headers', 'Range'),
    named(1, 'X-Forwarded-For', '10.0.0.1'),
    named(1, 'X-HTTP-Method-Override', 'GET', 'DELETE'),
    named(1, 'Cookie', 'sig=1; expires=2'),
    fc.constantFrom(...connection, 'Expect: 100-continue').map(line => line.split(': ') as [string, string]),
  )
}

/** Text for the value of a field. */
function fieldText(): Arbitrary<string> {
  return pieced(
    `a 0 9 - = , ; : " \\ W/ * / ( < { % q= bytes gzip json GMT null https:// ${INJECTION} \xe9 \x80 \xff`,
    ...[' ', ', ', '\t'],
  )
}

/** Any bytes, and those that mean something to a parser. */
export function noise(): Arbitrary<string> {
  return fc.oneof(
    fc.uint8Array({ maxLength: 8 }).map(bytes => Buffer.from(bytes).toString('latin1')),
    pieced('\r \n \r\n \r\n\r\n \0 : HTTP/1.1 % ? & # \xff', ' ', 'X-Injected: yes\r\n'),
  )
}

/** Sets of ranges, most of them in order. */
function ranges(): Arbitrary<string> {
  const position = fc.oneof(fc.nat(1100), fc.nat(310_000))
  const mark = fc.oneof(
    fc.nat(20).map(String),
    position.map(String),
    fc.constantFrom('0', '65535', '65536', '69999', '70000', '299999', '300000', '000', '9'.repeat(30)),
  )
  const orderly = fc.oneof(
    { weight: 6, arbitrary: fc.tuple(position, fc.nat(2000)).map(([at, length]) => `${at}-${at + length}`) },
    fc.tuple(position, position).map(([a, b]) => `${Math.min(a, b)}-${Math.max(a, b)}`),
    fc.nat(1100).map(length => `-${length}`),
  )
  const any = fc.oneof(
    orderly,
    mark.map(first => `${first}-`),
    fc.tuple(mark, mark).map(marks => marks.join('-')),
    fc.constantFrom('', ' ', '-', '0--1', '0x0-1', '1', '+1-2'),
  )
  const oddUnit = fc.constantFrom('BYTES=', 'Bytes=', 'bytes =', 'items=', 'bytes')
  const unit = fc.oneof({ weight: 4, arbitrary: fc.constant('bytes=') }, oddUnit)
  const comma = fc.constantFrom(',', ', ', ' ,\t', ',,')
  const specs = fc.oneof(
    { weight: 3, arbitrary: fc.oneof(orderly, any).map(spec => [spec]) },
    { weight: 3, arbitrary: fc.array(orderly, { minLength: 2, maxLength: 18 }) },
    fc.array(any, { minLength: 2, maxLength: 30 }),
  )
  return fc.tuple(unit, comma, specs).map(([start, separator, all]) => start + all.join(separator))
}

function tags(): Arbitrary<string> {
  const known = fc.constantFrom(...ETAGS.values())
  const tag = fc.oneof(
    known,
    known.map(text => `W/${text}`),
    known.map(text => text.slice(1, -1)),
    fc.constantFrom('*', '""', '"x"', '"a,b"', '"', 'W/', ''),
  )
  return fc.array(tag, { minLength: 1, maxLength: 3 }).map(members => members.join(', '))
}

function date(): Arbitrary<string> {
  return fc.oneof(
    fc.constantFrom(LAST_MODIFIED, 'Friday, 02-Jan-26 03:04:05 GMT', 'Fri Jan  2 03:04:05 2026'),
    fc.constantFrom('Fri, 02 Jan 2026 03:04:05 +0000', '0', 'Fri, 31 Feb 2026 24:61:61 GMT', '2026-01-02'),
    fc.date({ noInvalidDate: true }).map(time => time.toUTCString()),
  )
}
