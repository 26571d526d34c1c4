import { createServer, type IncomingHttpHeaders } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import type { RequestFields } from '../../src/http/preconditions'
import { readRequestFields, type RequestLike } from '../../src/http/request-fields'
import { askRaw, rawGet } from '../support/client'

const FIRST = 'Fri, 02 Jan 2026 03:04:05 GMT'
const SECOND = 'Fri, 02 Jan 2026 03:04:06 GMT'

const DATE_FIELDS = [
  ['If-Modified-Since', 'if-modified-since'],
  ['If-Unmodified-Since', 'if-unmodified-since'],
] as const

describe.each(DATE_FIELDS)('readRequestFields of %s', (sent, name) => {
  it.each<[string, RequestLike]>([
    ['as Node gives it', { headers: { [name]: FIRST }, rawHeaders: ['Host', 'x', sent, FIRST] }],
    ['without rawHeaders', { headers: { [name]: FIRST }, headersDistinct: { [name]: [FIRST] } }],
    ['without rawHeaders and headersDistinct', { headers: { [name]: FIRST } }],
    ['as a list of one', { headers: { [name]: [FIRST] } }],
    [
      'beside a field as long',
      { headers: { [name]: FIRST }, rawHeaders: [sent, FIRST, 'x'.repeat(sent.length), ''] },
    ],
    ['whose text is also a value', { headers: { [name]: FIRST }, rawHeaders: [sent, FIRST, 'X-Name', sent] }],
  ])('gives the date %s', (_what, req) => {
    expect(readRequestFields(req)[name]).toBe(FIRST)
  })

  it.each<[string, RequestLike]>([
    ['in two lines', { headers: { [name]: FIRST }, rawHeaders: [sent, FIRST, sent, SECOND] }],
    ['in two lines that are equal', { headers: { [name]: FIRST }, rawHeaders: [sent, FIRST, sent, FIRST] }],
    ['in other case', { headers: { [name]: FIRST }, rawHeaders: [sent, FIRST, sent.toUpperCase(), SECOND] }],
    ['by headersDistinct', { headers: { [name]: FIRST }, headersDistinct: { [name]: [FIRST, SECOND] } }],
    ['as a list of two', { headers: { [name]: [FIRST, SECOND] } }],
    ['as an empty list', { headers: { [name]: [] } }],
  ])('leaves it out when it was sent twice: %s', (_what, req) => {
    expect(readRequestFields(req)[name]).toBeUndefined()
  })

  it('keeps the other fields beside it', () => {
    const headers = {
      [name]: FIRST,
      range: 'bytes=0-9',
      'if-match': '"a"',
      'if-none-match': '"b"',
      'if-range': '"c"',
    }
    expect(readRequestFields({ headers, rawHeaders: [] })).toMatchObject(headers)
  })
})

describe('readRequestFields', () => {
  it('gives the fields of Node as they are when neither date is there', () => {
    const headers = { range: 'bytes=0-9', 'if-none-match': '"a"' }
    const rawHeaders = new Proxy<string[]>([], {
      get() {
        throw new Error('looked at')
      },
    })
    expect(readRequestFields({ headers, rawHeaders })).toBe(headers)
  })

  it('joins what an adapter gives as lists', () => {
    const headers = { range: ['bytes=0-9', '20-29'], 'if-match': ['"a"', '"b"'], 'if-none-match': ['"c"'] }
    expect(readRequestFields({ headers })).toMatchObject({
      range: 'bytes=0-9, 20-29',
      'if-match': '"a", "b"',
      'if-none-match': '"c"',
    })
  })

  it('gives no fields of a request without headers', () => {
    expect(readRequestFields({})).toEqual({})
  })

  it('distinguishes one line from two on a socket', async () => {
    const seen: RequestFields[] = []
    const given: IncomingHttpHeaders[] = []
    const server = createServer((req, res) => {
      given.push(req.headers)
      seen.push(readRequestFields(req))
      res.end()
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    for (const [sent, name] of DATE_FIELDS) {
      await askRaw(port, rawGet('/', `${sent}: ${FIRST}`, 'Range: bytes=0-9'))
      await askRaw(port, rawGet('/', `${sent}: ${FIRST}`, `${name}: ${SECOND}`, 'Range: bytes=0-9'))
      // Node alone would give the first.
      expect(given.splice(0).map(headers => headers[name])).toEqual([FIRST, FIRST])
      const [once, twice] = seen.splice(0)
      expect(once).toMatchObject({ [name]: FIRST, range: 'bytes=0-9' })
      expect(twice?.[name]).toBeUndefined()
      expect(twice).toMatchObject({ range: 'bytes=0-9' })
    }
    server.close()
  })
})
