import fc from 'fast-check'
import { segmentLength } from '../../src/http/body'
import type { RequestFields } from '../../src/http/preconditions'
import { createPlanner, type ResponsePlan } from '../../src/http/response-plan'
import { anyText } from '../support/any-text'

const planResponse = createPlanner()

const TRACK = { size: 1000, mediaType: 'audio/mpeg', etag: '"v1"', lastModified: 784_111_777 }
const CONTEXT = {
  now: 1_609_459_200,
  cacheControl: 'private, no-transform, max-age=60',
  makeBoundary: () => 'BOUNDARY',
}

/** The fields that 200, 206 and 304 share. */
const COMMON = {
  'Accept-Ranges': 'bytes',
  ETag: '"v1"',
  'Last-Modified': 'Sun, 06 Nov 1994 08:49:37 GMT',
  'Cache-Control': 'private, no-transform, max-age=60',
  'X-Content-Type-Options': 'nosniff',
  'Cross-Origin-Resource-Policy': 'cross-origin',
  'Referrer-Policy': 'no-referrer',
  'X-Robots-Tag': 'none',
  'X-Accel-Buffering': 'no',
}

const WHOLE_FILE = {
  kind: 'send',
  status: 200,
  headers: { ...COMMON, 'Content-Type': 'audio/mpeg', 'Content-Length': 1000 },
  body: [{ kind: 'range', range: { first: 0, last: 999 } }],
}

function get(fields: RequestFields, size = TRACK.size): ResponsePlan {
  return planResponse('GET', fields, { ...TRACK, size }, CONTEXT)
}

function head(fields: RequestFields, size = TRACK.size): ResponsePlan {
  return planResponse('HEAD', fields, { ...TRACK, size }, CONTEXT)
}

describe('planResponse', () => {
  describe('sends 200', () => {
    it('with the whole file for a plain GET', () => {
      expect(get({})).toEqual(WHOLE_FILE)
    })

    it.each<[string, RequestFields]>([
      ['an unknown unit', { range: 'items=0-9' }],
      ['a malformed set', { range: 'bytes=x' }],
      ['a reversed range', { range: 'bytes=9-5' }],
      ['If-Range with another tag', { range: 'bytes=0-9', 'if-range': '"v0"' }],
      ['If-Range with a weak tag', { range: 'bytes=0-9', 'if-range': 'W/"v1"' }],
      ['If-Range with a later date', { range: 'bytes=0-9', 'if-range': 'Sun, 06 Nov 1994 08:49:38 GMT' }],
      ['If-Range that misses and an unsatisfiable range', { range: 'bytes=1000-', 'if-range': '"v0"' }],
      ['If-Range without Range', { 'if-range': '"v1"' }],
      ['conditions that hold', { 'if-match': '"v1"', 'if-none-match': '"v0"' }],
    ])('with the whole file for %s', (_what, fields) => {
      expect(get(fields)).toEqual(WHOLE_FILE)
    })

    it.each<[string, RequestFields]>([
      ['no Range', {}],
      ['an open range', { range: 'bytes=0-' }],
      ['a suffix', { range: 'bytes=-5' }],
      ['a range past the end', { range: 'bytes=5-' }],
    ])('with nothing of an empty file for %s', (_what, fields) => {
      expect(get(fields, 0)).toEqual({
        kind: 'send',
        status: 200,
        headers: { ...COMMON, 'Content-Type': 'audio/mpeg', 'Content-Length': 0 },
        body: [],
      })
    })

    it('with one byte of a file of one byte', () => {
      expect(get({}, 1)).toMatchObject({
        headers: { 'Content-Length': 1 },
        body: [{ kind: 'range', range: { first: 0, last: 0 } }],
      })
    })

    it('without Last-Modified if the storage does not know it', () => {
      const plan = planResponse('GET', {}, { ...TRACK, lastModified: undefined }, CONTEXT)
      expect(plan.headers).not.toHaveProperty('Last-Modified')
      expect(plan.headers).toMatchObject({ ETag: '"v1"' })
    })

    it('with a Last-Modified no later than now (RFC 9110, section 8.8.2.1)', () => {
      const plan = planResponse('GET', {}, { ...TRACK, lastModified: CONTEXT.now + 3600 }, CONTEXT)
      expect(plan.headers).toMatchObject({ 'Last-Modified': 'Fri, 01 Jan 2021 00:00:00 GMT' })
    })
  })

  describe('sends 206', () => {
    it.each([
      ['bytes=0-9', 0, 9, 10, 'bytes 0-9/1000'],
      ['bytes=0-', 0, 999, 1000, 'bytes 0-999/1000'],
      ['bytes=999-5000', 999, 999, 1, 'bytes 999-999/1000'],
      ['bytes=0-9,10-19', 0, 19, 20, 'bytes 0-19/1000'],
      ['bytes=0-9,5000-', 0, 9, 10, 'bytes 0-9/1000'],
    ])('for %s, plainly', (range, first, last, length, contentRange) => {
      expect(get({ range })).toEqual({
        kind: 'send',
        status: 206,
        headers: {
          ...COMMON,
          'Content-Type': 'audio/mpeg',
          'Content-Length': length,
          'Content-Range': contentRange,
        },
        body: [{ kind: 'range', range: { first, last } }],
      })
    })

    it.each([
      ['the current tag', '"v1"'],
      ['the exact date', 'Sun, 06 Nov 1994 08:49:37 GMT'],
    ])('for If-Range with %s', (_what, ifRange) => {
      expect(get({ range: 'bytes=0-9', 'if-range': ifRange })).toMatchObject({
        status: 206,
        headers: { 'Content-Range': 'bytes 0-9/1000' },
      })
    })

    it('for conditions that hold', () => {
      expect(get({ range: 'bytes=0-9', 'if-match': '"v1"', 'if-none-match': '"v0"' })).toMatchObject({
        status: 206,
      })
    })

    it('for several ranges, as multipart without a Content-Range of its own', () => {
      const plan = get({ range: 'bytes=900-909,0-9' })
      // 2 + 12 + 26 + 37 and 2 + 12 + 26 + 33 bytes of heads, 20 of content, 16 of the end.
      expect(plan).toMatchObject({ kind: 'send', status: 206 })
      expect(plan.headers).toEqual({
        ...COMMON,
        'Content-Type': 'multipart/byteranges; boundary=BOUNDARY',
        'Content-Length': 186,
      })
      expect(plan.kind === 'send' && plan.body).toEqual([
        expect.objectContaining({ kind: 'literal' }),
        { kind: 'range', range: { first: 900, last: 909 } },
        expect.objectContaining({ kind: 'literal' }),
        { kind: 'range', range: { first: 0, last: 9 } },
        expect.objectContaining({ kind: 'literal' }),
      ])
    })

    it('as multipart of 166 bytes of a file of 166 bytes, and the whole file of 165', () => {
      expect(get({ range: 'bytes=0-0,-1' }, 166)).toMatchObject({
        status: 206,
        headers: { 'Content-Type': 'multipart/byteranges; boundary=BOUNDARY', 'Content-Length': 166 },
      })
      expect(get({ range: 'bytes=0-0,-1' }, 165)).toMatchObject({
        status: 200,
        headers: { 'Content-Type': 'audio/mpeg', 'Content-Length': 165 },
        body: [{ kind: 'range', range: { first: 0, last: 164 } }],
      })
    })

    it.each([
      [16, 206],
      [17, 200],
    ])('or the whole file for %i parts: %i', (count, status) => {
      const range = `bytes=${Array.from({ length: count }, (_, index) => `${index * 100}-${index * 100}`).join()}`
      expect(get({ range }, 1_000_000)).toMatchObject({ status })
    })

    it('with a boundary made only when it is needed', () => {
      const makeBoundary = jest.fn(() => 'BOUNDARY')
      planResponse('GET', { range: 'bytes=0-9' }, TRACK, { ...CONTEXT, makeBoundary })
      expect(makeBoundary).not.toHaveBeenCalled()
      planResponse('GET', { range: 'bytes=0-9,900-909' }, TRACK, { ...CONTEXT, makeBoundary })
      expect(makeBoundary).toHaveBeenCalledTimes(1)
    })
  })

  describe('sends 304', () => {
    const notModified = {
      kind: 'send',
      status: 304,
      headers: COMMON,
      body: [],
    }

    it.each<[string, RequestFields]>([
      ['If-None-Match with the current tag', { 'if-none-match': '"v1"' }],
      ['If-None-Match with the current tag, marked weak', { 'if-none-match': 'W/"v1"' }],
      ['If-Modified-Since with the current date', { 'if-modified-since': 'Sun, 06 Nov 1994 08:49:37 GMT' }],
      ['a Range beside it', { 'if-none-match': '"v1"', range: 'bytes=0-9' }],
      ['an unsatisfiable Range beside it', { 'if-none-match': '"v1"', range: 'bytes=1000-' }],
      ['a Range and If-Range beside it', { 'if-none-match': '"v1"', range: 'bytes=0-9', 'if-range': '"v1"' }],
    ])('without body and what describes it for %s', (_what, fields) => {
      expect(get(fields)).toEqual(notModified)
      expect(head(fields)).toEqual(notModified)
    })
  })

  describe('refuses with PRECONDITION_FAILED', () => {
    it.each<[string, RequestFields]>([
      ['If-Match with another tag', { 'if-match': '"v0"' }],
      ['If-Match with a weak tag', { 'if-match': 'W/"v1"' }],
      ['If-Unmodified-Since before', { 'if-unmodified-since': 'Sun, 06 Nov 1994 08:49:36 GMT' }],
      ['If-Match, though If-None-Match matches', { 'if-match': '"v0"', 'if-none-match': '"v1"' }],
      ['If-Match, though the range is satisfiable', { 'if-match': '"v0"', range: 'bytes=0-9' }],
      ['If-Match, though the range is unsatisfiable', { 'if-match': '"v0"', range: 'bytes=1000-' }],
    ])('%s', (_what, fields) => {
      const refusal = { kind: 'refuse', code: 'PRECONDITION_FAILED', headers: {} }
      expect(get(fields)).toEqual(refusal)
      expect(head(fields)).toEqual(refusal)
    })
  })

  describe('refuses with RANGE_NOT_SATISFIABLE and the size', () => {
    it.each([
      ['bytes=1000-', 1000, 'bytes */1000'],
      ['bytes=-0', 1000, 'bytes */1000'],
      ['bytes=5000-,6000-', 1000, 'bytes */1000'],
      ['bytes=1-', 1, 'bytes */1'],
    ])('%s of %i bytes', (range, size, contentRange) => {
      expect(get({ range }, size)).toEqual({
        kind: 'refuse',
        code: 'RANGE_NOT_SATISFIABLE',
        headers: { 'Content-Range': contentRange },
      })
    })

    it('also if If-Range holds', () => {
      expect(get({ range: 'bytes=1000-', 'if-range': '"v1"' })).toMatchObject({
        code: 'RANGE_NOT_SATISFIABLE',
      })
    })
  })

  describe('of HEAD', () => {
    it.each<[string, RequestFields]>([
      ['no Range', {}],
      ['a Range', { range: 'bytes=0-9' }],
      ['several ranges', { range: 'bytes=0-9,900-909' }],
      ['an unsatisfiable Range', { range: 'bytes=1000-' }],
      ['a Range and If-Range', { range: 'bytes=0-9', 'if-range': '"v1"' }],
    ])('has the fields of a plain GET and no body, for %s', (_what, fields) => {
      expect(head(fields)).toEqual({ ...WHOLE_FILE, body: [] })
    })

    it('has the length 0 for an empty file', () => {
      expect(head({}, 0)).toMatchObject({ status: 200, headers: { 'Content-Length': 0 }, body: [] })
    })
  })

  describe('for any request', () => {
    const rangeText = fc.oneof(
      fc.stringMatching(/^bytes=(?:[0-9]{0,4}-[0-9]{0,4},){0,4}[0-9,-]*$/),
      fc
        .array(fc.tuple(fc.nat({ max: 5000 }), fc.nat({ max: 200 })), { minLength: 1, maxLength: 20 })
        .map(members => `bytes=${members.map(([first, span]) => `${first}-${first + span}`).join(',')}`),
      anyText(),
    )
    const tags = fc.oneof(fc.constantFrom('"v1"', 'W/"v1"', '"v0"', '*'), anyText())
    const dates = fc.oneof(
      fc.constantFrom('Sun, 06 Nov 1994 08:49:37 GMT', 'Sun, 06 Nov 1994 08:49:36 GMT'),
      anyText(),
    )
    const requests = fc.record(
      {
        range: rangeText,
        'if-match': tags,
        'if-none-match': tags,
        'if-modified-since': dates,
        'if-unmodified-since': dates,
        'if-range': fc.oneof(tags, dates),
      },
      { requiredKeys: [] },
    )
    const sizes = fc.nat({ max: 6000 })

    it('promises exactly what it sends, and never more than the file', () => {
      fc.assert(
        fc.property(requests, sizes, (fields, size) => {
          const plan = get(fields, size)
          if (plan.kind !== 'send' || plan.status === 304) return
          const length = plan.body.reduce((total, segment) => total + segmentLength(segment), 0)
          expect(plan.headers['Content-Length']).toBe(length)
          expect(length).toBeLessThanOrEqual(size)
          for (const segment of plan.body) {
            if (segment.kind === 'literal') continue
            expect(segment.range.first).toBeGreaterThanOrEqual(0)
            expect(segment.range.last).toBeGreaterThanOrEqual(segment.range.first)
            expect(segment.range.last).toBeLessThan(size)
          }
        }),
        { numRuns: 500 },
      )
    })

    it('sends no body for HEAD, and never a part', () => {
      fc.assert(
        fc.property(requests, sizes, (fields, size) => {
          const plan = head(fields, size)
          if (plan.kind === 'refuse') {
            expect(plan.code).toBe('PRECONDITION_FAILED')
          } else {
            expect(plan.body).toEqual([])
            expect([200, 304]).toContain(plan.status)
          }
        }),
      )
    })
  })

  describe('names the file for the client that saves it', () => {
    const named = { ...TRACK, fileName: '曲.mp3' }
    const disposition = "inline; filename*=UTF-8''%E6%9B%B2.mp3"

    it.each<[string, 'GET' | 'HEAD', RequestFields, number]>([
      ['200', 'GET', {}, 200],
      ['HEAD', 'HEAD', {}, 200],
      ['206', 'GET', { range: 'bytes=0-9' }, 206],
      ['206 of several ranges', 'GET', { range: 'bytes=0-9,20-29' }, 206],
    ])('on %s', (_what, method, fields, status) => {
      expect(planResponse(method, fields, named, CONTEXT)).toMatchObject({
        status,
        headers: { 'Content-Disposition': disposition },
      })
    })

    it.each<[string, RequestFields]>([
      ['304', { 'if-none-match': '"v1"' }],
      ['412', { 'if-match': '"v0"' }],
      ['416', { range: 'bytes=1000-' }],
    ])('and not on %s', (_what, fields) => {
      expect(planResponse('GET', fields, named, CONTEXT).headers).not.toHaveProperty('Content-Disposition')
    })

    it('unless nothing is left of the name', () => {
      expect(planResponse('GET', {}, { ...TRACK, fileName: '\r\n' }, CONTEXT)).toEqual(WHOLE_FILE)
    })
  })
})
