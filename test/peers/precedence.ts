/** Every step of RFC 9110, section 13.2.2, with every other: the first that ends the request decides. */
import { LAST_MODIFIED, type Expected, type Fields, type PeerCase } from './peer-case'

const EARLIER = 'Fri, 02 Jan 2026 03:04:04 GMT'

type Step = readonly [name: string, fields: Fields, end?: Expected]

/** Steps 1 and 2. */
const FIRST: readonly Step[] = [
  ['neither If-Match nor If-Unmodified-Since', {}],
  ['unmodified since', { 'If-Unmodified-Since': LAST_MODIFIED }],
  ['modified since', { 'If-Unmodified-Since': EARLIER }, '412'],
  ['matching', { 'If-Match': '{tag}' }],
  ['matching, unmodified since', { 'If-Match': '{tag}', 'If-Unmodified-Since': LAST_MODIFIED }],
  ['matching, modified since', { 'If-Match': '{tag}', 'If-Unmodified-Since': EARLIER }],
  ['not matching', { 'If-Match': '"x"' }, '412'],
  ['not matching, unmodified since', { 'If-Match': '"x"', 'If-Unmodified-Since': LAST_MODIFIED }, '412'],
  ['not matching, modified since', { 'If-Match': '"x"', 'If-Unmodified-Since': EARLIER }, '412'],
]

/** Steps 3 and 4. */
const SECOND: readonly Step[] = [
  ['neither If-None-Match nor If-Modified-Since', {}],
  ['not changed since', { 'If-Modified-Since': LAST_MODIFIED }, '304'],
  ['changed since', { 'If-Modified-Since': EARLIER }],
  ['known', { 'If-None-Match': '{tag}' }, '304'],
  ['known, not changed since', { 'If-None-Match': '{tag}', 'If-Modified-Since': LAST_MODIFIED }, '304'],
  ['known, changed since', { 'If-None-Match': '{tag}', 'If-Modified-Since': EARLIER }, '304'],
  ['unknown', { 'If-None-Match': '"x"' }],
  ['unknown, not changed since', { 'If-None-Match': '"x"', 'If-Modified-Since': LAST_MODIFIED }],
  ['unknown, changed since', { 'If-None-Match': '"x"', 'If-Modified-Since': EARLIER }],
]

/** Step 5, and the range. */
const THIRD: readonly (readonly [name: string, fields: Fields, end: Expected])[] = [
  ['no Range', {}, '200'],
  ['a Range', { Range: 'bytes=0-9' }, '206 0-9'],
  ['a Range past the end', { Range: 'bytes=510-' }, '416'],
  ['a Range of this version', { Range: 'bytes=-10', 'If-Range': '{tag}' }, '206 500-509'],
  ['a Range of another version', { Range: 'bytes=-10', 'If-Range': '"x"' }, '200'],
]

/** HEAD has no ranges. */
const THIRD_OF_HEAD: typeof THIRD = [
  ['no Range', {}, '200'],
  ['a Range past the end', { Range: 'bytes=510-' }, '200'],
]

/** Django's tests go through the same combinations, without ranges. */
function sourcesOf({ Range }: Fields): PeerCase['from'] {
  return Range === undefined ? ['rfc', 'django'] : 'rfc'
}

export const PRECEDENCE: readonly PeerCase[] = FIRST.flatMap(([first, ofFirst, firstEnd]) =>
  SECOND.flatMap(([second, ofSecond, secondEnd]) =>
    [['GET', THIRD] as const, ['HEAD', THIRD_OF_HEAD] as const].flatMap(([method, thirds]) =>
      thirds.map(([third, ofThird, end]): PeerCase => ({
        name: [first, second, third].join('; '),
        from: sourcesOf(ofThird),
        size: 510,
        method,
        fields: { ...ofFirst, ...ofSecond, ...ofThird },
        expected: firstEnd ?? secondEnd ?? end,
      })),
    ),
  ),
)
