/** The work for a request grows with its length and no faster, whatever is in it. */
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createStreamHandler } from 'express-signed-stream'
import { prefersJson } from '../src/http/accept'
import { parseRange } from '../src/http/byte-range'
import { appliesRange, evaluatePreconditions } from '../src/http/preconditions'
import { toPrintable } from '../src/http/printable'
import { lastSegment, splitTarget } from '../src/http/request-target'
import { parseLinkClaim } from '../src/signing/query'
import { verifySignedUrl } from '../src/signing/verifier'
import { isTrackId } from '../src/track-id'
import { ask } from './support/client'
import { makeTrackDirectory, SECRET } from './support/tracks'
import { measureWork, type Work } from './support/work-meter'

const SIZES = [16 * 1024, 64 * 1024] as const

/** For each request, however long: one for its id, one for each of `expires` and `sig`. */
const MAX_EXCEPTIONS = 3

const NOW = 1_767_323_045
const VALIDATORS = { etag: '"v1"', lastModified: NOW - 1000 }
const SIG = '0123456789abcdef'.repeat(4)

/** `unit` again and again, cut off at `size` characters. */
function filled(unit: string, size: number): string {
  return unit.repeat(Math.ceil(size / unit.length)).slice(0, size)
}

/** `start` and `end`, and `unit` again and again between them. */
function framed(start: string, unit: string, end = ''): (size: number) => string {
  return size => start + filled(unit, size - start.length - end.length) + end
}

/** The least work by which a program can read pairs. */
function readPlainPairs(size: number): Work {
  const query = filled('a=b&', size)
  return measureWork(() => {
    for (const pair of query.split('&')) {
      const equals = pair.indexOf('=')
      for (const part of [pair.slice(0, equals), pair.slice(equals + 1)]) part.includes('%')
    }
  })
}

/** No more than four times what plain pairs of the same length take. */
const LIMITS = new Map(SIZES.map(size => [size, 4 * readPlainPairs(size).units]))

function expectBounded(work: Work, size: number): void {
  expect(work.units).toBeLessThanOrEqual(LIMITS.get(size) ?? 0)
  expect(work.exceptions).toBeLessThanOrEqual(MAX_EXCEPTIONS)
}

type Text = readonly [what: string, make: (size: number) => string]

/** The parsers, each with the texts that cost it the most work. */
const PARSERS: readonly (readonly [
  name: string,
  parse: (text: string) => unknown,
  texts: readonly Text[],
])[] = [
  [
    'the query',
    parseLinkClaim,
    [
      ['pairs that do not decode', framed('', '%&')],
      ['pairs of names that do not decode', framed('', '%a=&')],
      ['pairs of values that do not decode', framed('', 'a=%&')],
      ['999 pairs that do not decode', size => filled('%zz=%ff&', 999 * 8) + filled('y', size - 999 * 8)],
      ['pairs with half an escape', framed('', '%6&')],
      ['names that are almost ours', framed('', '%65%78%70%69%72%65&')],
      ['ours, again and again', framed('', 'sig=%ff&')],
      ['ours with brackets', framed('', 'expires[%ff]=%ff&')],
      ['separators', framed('', '&')],
      ['one sig that does not decode', framed(`expires=${NOW}&sig=`, '%ff')],
      ['one sig that decodes', framed(`expires=${NOW}&sig=`, '%61')],
      ['one expires of digits', framed(`sig=${SIG}&expires=`, '9')],
      ['one expires of zeros', framed(`sig=${SIG}&expires=`, '0')],
      ['one name that does not decode', framed('', '%')],
      ['one name that begins like ours', framed('sig%5B', '%5B')],
      ['a link and one long parameter', framed(`expires=${NOW}&sig=${SIG}&x=`, '%zz')],
    ],
  ],
  [
    'the target',
    splitTarget,
    [
      ['a scheme that never ends', framed('', 'a')],
      ['a scheme of its other characters', framed('a', '+.-')],
      ['schemes', framed('', 'a://')],
      ['marks', framed('', '?')],
      ['fragments', framed('/', '#?')],
      ['a host that never ends', framed('http://', 'a@:')],
    ],
  ],
  [
    'the path',
    path => isTrackId(lastSegment(path)),
    [
      ['slashes', framed('', '/')],
      ['a segment that does not decode', framed('/', '%')],
      ['a segment of overlong escapes', framed('/', '%c0%ae')],
      ['a segment that decodes', framed('/', '%61')],
      ['a segment that decodes but for its end', framed('/', '%F0%90%90%B7', '%')],
      ['a segment of letters', framed('/', 'a')],
      [
        'a segment as long as an id may be, that does not decode',
        size => `/${filled('%c0', 6144)}`.padStart(size, '/'),
      ],
    ],
  ],
  [
    'an id that a route decoded',
    isTrackId,
    [
      ['letters', framed('', 'a')],
      ['letters and a dot', framed('', '\u{10437}', '.')],
    ],
  ],
  [
    'a link',
    url => verifySignedUrl(url, { secret: SECRET, now: () => NOW }),
    [
      ['pairs that do not decode', framed('/stream/track1?', '%&')],
      ['a link and one long parameter', framed(`/stream/track1?expires=${NOW}&sig=${SIG}&x=`, '%zz')],
      ['a long id', framed('/stream/', '%ff')],
    ],
  ],
  [
    'Range',
    range => parseRange(range, 1_000_000),
    [
      ['small ranges', framed('bytes=', '0-0,')],
      [
        'ranges, one after the other',
        size =>
          `bytes=${Array.from({ length: 1200 }, (_, at) => `${at * 200}-${at * 200}`).join(',')}`.padEnd(
            size,
          ),
      ],
      [
        'ranges, the last first',
        size =>
          `bytes=${Array.from({ length: 2048 }, (_, at) => `${(2047 - at) * 200}-`).join(',')}`.padEnd(size),
      ],
      ['suffixes', framed('bytes=', '-1,')],
      ['commas', framed('bytes=', ',')],
      ['white space and commas', framed('bytes=', ' ,\t,')],
      ['white space', framed('bytes=', ' ')],
      ['white space after a range', framed('bytes=0-1', ' ', 'x')],
      ['a number of nines', framed('bytes=', '9', '-')],
      ['a number of zeros', framed('bytes=', '0', '-')],
      [
        'two numbers that differ at their ends',
        size => `bytes=${filled('9', size / 2)}8-${filled('9', size / 2)}9`,
      ],
      ['two numbers, the larger first', size => `bytes=${filled('9', size / 2)}9-${filled('9', size / 2)}8`],
      ['many long numbers', framed('bytes=', `${'9'.repeat(60)}-${'9'.repeat(60)},`)],
      ['dashes', framed('bytes=', '-')],
      ['another unit', framed('', 'bytes')],
    ],
  ],
  ...(['if-match', 'if-none-match'] as const).map(
    name =>
      [
        name,
        (text: string) => evaluatePreconditions({ [name]: text }, VALIDATORS, NOW),
        [
          ['other tags', framed('', '"v2",')],
          ['empty tags', framed('', '"",')],
          ['weak tags', framed('', 'W/"v1" ,')],
          ['the tag with something behind it', framed('', '"v1"x,')],
          ['the tag with white space and something behind it', framed('', '"v1"        x,')],
          ['commas', framed('', ',')],
          ['white space', framed('', ' ')],
          ['stars', framed('', '*,')],
          ['a star and white space', framed('*', ' ', 'x')],
          ['quotes', framed('', '"')],
          ['quotes and commas', framed('', ',"')],
          ['a quote that is not closed', framed('"', ',')],
          ['text without a comma', framed('', 'W/')],
        ],
      ] as const,
  ),
  [
    'if-range',
    text => appliesRange({ 'if-range': text }, VALIDATORS, NOW),
    [
      ['a tag', framed('"', 'a', '"')],
      ['the tag and white space', framed('"v1"', ' ')],
      ['white space', framed('', '\t ')],
      ['white space before a date', framed('', ' ', 'Sun, 06 Nov 1994 08:49:37 GMT')],
      ['a date and more', framed('Sun, 06 Nov 1994 08:49:37 GMT', ' GMT')],
    ],
  ],
  ...(['if-modified-since', 'if-unmodified-since'] as const).map(
    name =>
      [
        name,
        (text: string) => evaluatePreconditions({ [name]: text }, VALIDATORS, NOW),
        [
          ['dates', framed('', 'Sun, 06 Nov 1994 08:49:37 GMT, ')],
          ['a date and white space', framed('Sun, 06 Nov 1994 08:49:37 GMT', ' ')],
          ['digits', framed('', '0')],
          ['the start of a date', framed('', 'Sunday, ')],
        ],
      ] as const,
  ),
  [
    'Accept',
    prefersJson,
    [
      ['types', framed('', 'a/b,')],
      ['any type', framed('', '*/*,')],
      ['parameters', framed('application/json', ';a=b')],
      ['a quote that is not closed', framed('"', ',')],
      ['a parameter with such a quote', framed('a/b;a="', ',')],
      ['quotes', framed('', '",')],
      ['backslashes in a quote', framed('a/b;a="', '\\')],
      ['white space', framed('a/b', ' ')],
      ['commas', framed('', ',')],
      ['what is just not too long', size => filled('*/*;q=0.1,', Math.min(size, 310))],
    ],
  ],
  [
    'text for a log',
    text => toPrintable(text, 128),
    [
      ['plain text', framed('', 'a')],
      ['what has to be escaped', framed('', '\u009b')],
      ['lone surrogates', framed('', '\ud800')],
    ],
  ],
]

describe.each(PARSERS)('the work of reading %s', (_name, parse, texts) => {
  it.each(texts)('is in proportion to its length, of %s', (_what, make) => {
    const [small, large] = SIZES.map(size => {
      const text = make(size)
      const work = measureWork(() => parse(text))
      expectBounded(work, size)
      return work.units
    }) as [number, number]
    expect(large).toBeLessThanOrEqual(4.5 * small)
  })
})

describe('the work of refusing a request', () => {
  const tracks = makeTrackDirectory()
  const handler = createStreamHandler({ dir: tracks.path, secret: SECRET })
  const work: Work[] = []
  const server = createServer({ maxHeaderSize: 80 * 1024 }, (req: IncomingMessage, res: ServerResponse) => {
    work.push(
      measureWork(() => {
        handler(req, res)
      }),
    )
  })
  let port = 0
  beforeAll(async () => {
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    port = (server.address() as AddressInfo).port
  })
  afterAll(() => {
    server.close()
    tracks.remove()
  })

  it.each<[string, number, (size: number) => string]>([
    ['a query that does not decode', 403, framed('/track1?', '%&')],
    ['a query of names that are almost ours', 403, framed('/track1?', '%65%78%70%69%72%65&')],
    ['a forged link and a long parameter', 403, framed(`/track1?expires=${NOW}&sig=${SIG}&x=`, '%zz')],
    ['an id that does not decode', 400, framed('/', '%ff')],
    ['an id that is too long', 400, framed('/', 'a')],
    ['slashes before an id', 403, framed('', '/', 'track1')],
    ['slashes before nothing', 404, framed('', '/')],
  ])('is in proportion to the length of its target: %s', async (_what, status, make) => {
    for (const size of SIZES) {
      const { status: received } = await ask(port, make(size))
      expect(received).toBe(status)
    }
    const [small, large] = work.splice(0) as [Work, Work]
    expectBounded(small, SIZES[0])
    expectBounded(large, SIZES[1])
    expect(large.units).toBeLessThanOrEqual(4.5 * small.units)
  })
})

describe('the meter', () => {
  function decodeEach(size: number): void {
    for (const pair of filled('%&', size).split('&')) {
      try {
        decodeURIComponent(pair)
      } catch {
        // A parser may skip what does not decode.
      }
    }
  }

  it('finds an exception for each pair', () => {
    const { units, exceptions } = measureWork(() => {
      decodeEach(SIZES[0])
    })
    expect(exceptions).toBe(SIZES[0] / 2)
    expect(units).toBeGreaterThan(LIMITS.get(SIZES[0]) ?? Infinity)
  })

  it('finds digits that are read in quadratic time', () => {
    const [small, large] = SIZES.map(size => measureWork(() => BigInt('9'.repeat(size))).units) as [
      number,
      number,
    ]
    expect(large).toBeGreaterThan(15 * small)
  })

  function snapshot(): readonly unknown[] {
    const methods = [
      [String.prototype, 'split'],
      [RegExp.prototype, 'exec'],
      [Array.prototype, 'sort'],
      [Map.prototype, 'get'],
      [globalThis, 'Number'],
      [globalThis, 'decodeURIComponent'],
    ] as const
    return methods.map(([holder, name]): unknown => Reflect.get(holder, name))
  }

  it('leaves the language as it was', () => {
    const before = snapshot()
    expect(() =>
      measureWork(() => {
        throw new Error('as a parser might')
      }),
    ).toThrow('as a parser might')
    expect(snapshot().filter((value, index) => value !== before[index])).toEqual([])
  })
})
