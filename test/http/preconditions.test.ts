import fc from 'fast-check'
import {
  appliesRange,
  evaluatePreconditions,
  type PreconditionOutcome,
  type RequestFields,
} from '../../src/http/preconditions'
import { anyText } from '../support/any-text'

const MODIFIED = 784_111_777
const BEFORE = 'Sun, 06 Nov 1994 08:49:36 GMT'
const EXACTLY = 'Sun, 06 Nov 1994 08:49:37 GMT'
const AFTER = 'Sun, 06 Nov 1994 08:49:38 GMT'
const MALFORMED_DATE = 'Sun, 31 Feb 1994 08:49:37 GMT'

const VALIDATORS = { etag: '"v1"', lastModified: MODIFIED }
const UNDATED = { etag: '"v1"', lastModified: undefined }

/** A day later. */
const NOW = MODIFIED + 86_400

type Row = readonly [what: string, fields: RequestFields, expected: PreconditionOutcome]

/** Steps 1 and 2 of RFC 9110, section 13.2.2: If-Match, and without it If-Unmodified-Since. */
const FIRST_STEPS: readonly Row[] = [
  ['no If-Match, no If-Unmodified-Since', {}, 'proceed'],
  ['no If-Match, unmodified since then', { 'if-unmodified-since': EXACTLY }, 'proceed'],
  ['no If-Match, unmodified since later', { 'if-unmodified-since': AFTER }, 'proceed'],
  ['no If-Match, modified since', { 'if-unmodified-since': BEFORE }, 'failed'],
  ['If-Match matches', { 'if-match': '"v1"' }, 'proceed'],
  ['If-Match matches, unmodified', { 'if-match': '"v1"', 'if-unmodified-since': AFTER }, 'proceed'],
  ['If-Match matches, modified', { 'if-match': '"v1"', 'if-unmodified-since': BEFORE }, 'proceed'],
  ['If-Match misses', { 'if-match': '"v2"' }, 'failed'],
  ['If-Match misses, unmodified', { 'if-match': '"v2"', 'if-unmodified-since': AFTER }, 'failed'],
  ['If-Match misses, modified', { 'if-match': '"v2"', 'if-unmodified-since': BEFORE }, 'failed'],
]

/** Steps 3 and 4: If-None-Match, and without it If-Modified-Since. */
const SECOND_STEPS: readonly Row[] = [
  ['no If-None-Match, no If-Modified-Since', {}, 'proceed'],
  ['no If-None-Match, not modified since then', { 'if-modified-since': EXACTLY }, 'not-modified'],
  ['no If-None-Match, not modified since later', { 'if-modified-since': AFTER }, 'not-modified'],
  ['no If-None-Match, modified since', { 'if-modified-since': BEFORE }, 'proceed'],
  ['If-None-Match matches', { 'if-none-match': '"v1"' }, 'not-modified'],
  [
    'If-None-Match matches, not modified',
    { 'if-none-match': '"v1"', 'if-modified-since': AFTER },
    'not-modified',
  ],
  [
    'If-None-Match matches, modified',
    { 'if-none-match': '"v1"', 'if-modified-since': BEFORE },
    'not-modified',
  ],
  ['If-None-Match misses', { 'if-none-match': '"v2"' }, 'proceed'],
  ['If-None-Match misses, not modified', { 'if-none-match': '"v2"', 'if-modified-since': AFTER }, 'proceed'],
  ['If-None-Match misses, modified', { 'if-none-match': '"v2"', 'if-modified-since': BEFORE }, 'proceed'],
]

describe('evaluatePreconditions', () => {
  it.each([...FIRST_STEPS, ...SECOND_STEPS])('for %s', (_what, fields, expected) => {
    expect(evaluatePreconditions(fields, VALIDATORS, NOW)).toBe(expected)
  })

  it.each(
    FIRST_STEPS.flatMap(([what, fields, outcome]) =>
      SECOND_STEPS.map(([then, others, following]): Row => {
        // 412 comes before 304.
        const expected = outcome === 'failed' ? 'failed' : following
        return [`${what}; ${then}`, { ...fields, ...others }, expected]
      }),
    ),
  )('in order for %s', (_what, fields, expected) => {
    expect(evaluatePreconditions(fields, VALIDATORS, NOW)).toBe(expected)
  })

  it('leaves Range and If-Range to others', () => {
    const fields = { range: 'bytes=5000-', 'if-range': '"v2"' }
    expect(evaluatePreconditions(fields, VALIDATORS, NOW)).toBe('proceed')
  })

  // The grammar of a list is tested in entity-tag.test.ts.
  it.each<[string, PreconditionOutcome, PreconditionOutcome]>([
    ['"v1"', 'proceed', 'not-modified'],
    ['*', 'proceed', 'not-modified'],
    ['"v0", "v1"', 'proceed', 'not-modified'],
    ['W/"v1"', 'failed', 'not-modified'],
    ['"v0", "v2"', 'failed', 'proceed'],
    ['junk', 'failed', 'proceed'],
    // A list of no tags is a list (sections 13.1.1 and 13.1.2), and none of them matches.
    [',', 'failed', 'proceed'],
    ['', 'failed', 'proceed'],
  ])(
    'compares %j strongly for If-Match: %s, weakly for If-None-Match: %s, and ignores the date beside it',
    (header, strongly, weakly) => {
      for (const date of [undefined, BEFORE, EXACTLY]) {
        const match = { 'if-match': header, 'if-unmodified-since': date }
        const noneMatch = { 'if-none-match': header, 'if-modified-since': date }
        expect(evaluatePreconditions(match, VALIDATORS, NOW)).toBe(strongly)
        expect(evaluatePreconditions(noneMatch, VALIDATORS, NOW)).toBe(weakly)
      }
    },
  )

  it('matches a weak tag of ours for If-None-Match only', () => {
    const validators = { etag: 'W/"v1"', lastModified: MODIFIED }
    expect(evaluatePreconditions({ 'if-match': 'W/"v1"' }, validators, NOW)).toBe('failed')
    expect(evaluatePreconditions({ 'if-none-match': 'W/"v1"' }, validators, NOW)).toBe('not-modified')
  })

  describe('of dates', () => {
    it.each([
      ['IMF-fixdate', 'Sun, 06 Nov 1994 08:49:36 GMT', 'Sun, 06 Nov 1994 08:49:37 GMT'],
      ['the format of RFC 850', 'Sunday, 06-Nov-94 08:49:36 GMT', 'Sunday, 06-Nov-94 08:49:37 GMT'],
      ['the format of asctime', 'Sun Nov  6 08:49:36 1994', 'Sun Nov  6 08:49:37 1994'],
      ['white space around', ' Sun, 06 Nov 1994 08:49:36 GMT\t', '\tSun, 06 Nov 1994 08:49:37 GMT '],
    ])('reads %s', (_what, before, exactly) => {
      expect(evaluatePreconditions({ 'if-modified-since': exactly }, VALIDATORS, NOW)).toBe('not-modified')
      expect(evaluatePreconditions({ 'if-modified-since': before }, VALIDATORS, NOW)).toBe('proceed')
      expect(evaluatePreconditions({ 'if-unmodified-since': exactly }, VALIDATORS, NOW)).toBe('proceed')
      expect(evaluatePreconditions({ 'if-unmodified-since': before }, VALIDATORS, NOW)).toBe('failed')
    })

    it.each([
      ['a day that does not exist', MALFORMED_DATE],
      ['an entity tag', '"v1"'],
      ['nothing', ''],
      ['two dates', `${EXACTLY}, ${EXACTLY}`],
      ['a date with parameters', `${EXACTLY}; length=1000`],
      ['a date with a no-break space around it', `\u00a0${EXACTLY}\u00a0`],
      ['a date with a line feed after it', `${EXACTLY}\n`],
    ])('ignores %s', (_what, text) => {
      expect(evaluatePreconditions({ 'if-modified-since': text }, VALIDATORS, NOW)).toBe('proceed')
      expect(evaluatePreconditions({ 'if-unmodified-since': text }, VALIDATORS, NOW)).toBe('proceed')
    })

    it('reads a year of two digits by the clock', () => {
      const fields = { 'if-modified-since': 'Sunday, 06-Nov-94 08:49:37 GMT' }
      // In 2050, 94 is 2094; in 2026 it is 1994.
      expect(
        evaluatePreconditions(fields, { etag: '"v1"', lastModified: 3_000_000_000 }, 2_524_608_000),
      ).toBe('not-modified')
      expect(
        evaluatePreconditions(fields, { etag: '"v1"', lastModified: 3_000_000_000 }, 1_781_524_800),
      ).toBe('proceed')
    })

    it('ignores both if the storage does not know the date', () => {
      expect(evaluatePreconditions({ 'if-unmodified-since': BEFORE }, UNDATED, NOW)).toBe('proceed')
      expect(evaluatePreconditions({ 'if-modified-since': AFTER }, UNDATED, NOW)).toBe('proceed')
    })

    it('still compares tags if the storage does not know the date', () => {
      expect(evaluatePreconditions({ 'if-match': '"v2"' }, UNDATED, NOW)).toBe('failed')
      expect(evaluatePreconditions({ 'if-none-match': '"v1"' }, UNDATED, NOW)).toBe('not-modified')
    })
  })

  it('throws for no text in any field', () => {
    const text = fc.option(anyText(), { nil: undefined })
    fc.assert(
      fc.property(text, text, text, text, (ifMatch, ifNoneMatch, since, limit) => {
        const fields = {
          'if-match': ifMatch,
          'if-none-match': ifNoneMatch,
          'if-modified-since': since,
          'if-unmodified-since': limit,
        }
        expect(evaluatePreconditions(fields, VALIDATORS, NOW)).toMatch(/^(?:proceed|not-modified|failed)$/)
      }),
    )
  })
})

describe('appliesRange', () => {
  it('holds without If-Range', () => {
    expect(appliesRange({}, VALIDATORS, NOW)).toBe(true)
  })

  it.each([
    ['the current tag', '"v1"'],
    ['white space around the current tag', ' "v1"\t'],
    ['the exact date', 'Sun, 06 Nov 1994 08:49:37 GMT'],
    ['the exact date in the format of RFC 850', 'Sunday, 06-Nov-94 08:49:37 GMT'],
    ['the exact date in the format of asctime', 'Sun Nov  6 08:49:37 1994'],
  ])('holds for %s', (_what, ifRange) => {
    expect(appliesRange({ 'if-range': ifRange }, VALIDATORS, NOW)).toBe(true)
  })

  it.each([
    ['another tag', '"v2"'],
    ['the current tag, marked weak', 'W/"v1"'],
    ['the current tag in other case', '"V1"'],
    ['a list that starts with the current tag', '"v1", "v2"'],
    ['a list that ends with the current tag', '"v2", "v1"'],
    ['the current tag twice', '"v1", "v1"'],
    ['a text that holds the current tag', 'x"v1"'],
    ['the current tag with junk after it', '"v1"x'],
    ['the current tag without quotes', 'v1'],
    ['the current tag without its closing quote', '"v1'],
    ['a star', '*'],
    ['a later date', AFTER],
    ['an earlier date', BEFORE],
    ['a day that does not exist', MALFORMED_DATE],
    ['the date in lower case', 'sun, 06 nov 1994 08:49:37 gmt'],
    ['the exact date twice', `${EXACTLY}, ${EXACTLY}`],
    ['the date in seconds', '784111777'],
    ['the current tag with a no-break space before it', '\u00a0"v1"'],
    ['nothing', ''],
  ])('does not hold for %s', (_what, ifRange) => {
    expect(appliesRange({ 'if-range': ifRange }, VALIDATORS, NOW)).toBe(false)
  })

  it('holds for no weak tag, though ours were weak too', () => {
    const validators = { etag: 'W/"v1"', lastModified: MODIFIED }
    expect(appliesRange({ 'if-range': 'W/"v1"' }, validators, NOW)).toBe(false)
  })

  // Section 8.8.2.2: within its second, the file may still change and keep its date.
  it.each([
    ['before the second of the date is over', MODIFIED, false],
    ['before the second of the date has come, by our clock', MODIFIED - 1, false],
    ['when the second of the date is over', MODIFIED + 1, true],
  ])('trusts a date only %s', (_what, now, expected) => {
    expect(appliesRange({ 'if-range': EXACTLY }, VALIDATORS, now)).toBe(expected)
  })

  it.each([
    ['a clock that is not a number', { etag: '"v1"', lastModified: MODIFIED }, NaN],
    ['a date of the file that is not a number', { etag: '"v1"', lastModified: NaN }, NOW],
  ])('holds for no date by %s', (_what, validators, now) => {
    expect(appliesRange({ 'if-range': EXACTLY }, validators, now)).toBe(false)
    expect(appliesRange({ 'if-range': 'Sunday, 06-Nov-94 08:49:37 GMT' }, validators, now)).toBe(false)
    expect(appliesRange({ 'if-range': MALFORMED_DATE }, validators, now)).toBe(false)
    expect(appliesRange({ 'if-range': '"v1"' }, validators, now)).toBe(true)
  })

  it('trusts a tag in the very second of the change', () => {
    expect(appliesRange({ 'if-range': '"v1"' }, VALIDATORS, MODIFIED)).toBe(true)
  })

  it('does not hold for a date if the storage does not know it', () => {
    expect(appliesRange({ 'if-range': EXACTLY }, UNDATED, NOW)).toBe(false)
    expect(appliesRange({ 'if-range': MALFORMED_DATE }, UNDATED, NOW)).toBe(false)
    expect(appliesRange({ 'if-range': '"v1"' }, UNDATED, NOW)).toBe(true)
  })

  it('holds for one line of If-Range, not for two', () => {
    expect(appliesRange({ 'if-range': ['"v1"'] }, VALIDATORS, NOW)).toBe(true)
    expect(appliesRange({ 'if-range': ['"v1"', '"v1"'] }, VALIDATORS, NOW)).toBe(false)
    expect(appliesRange({ 'if-range': [EXACTLY, EXACTLY] }, VALIDATORS, NOW)).toBe(false)
  })

  it('throws for no text', () => {
    fc.assert(
      fc.property(anyText(), text => {
        expect(appliesRange({ 'if-range': text }, VALIDATORS, NOW)).toBe(false)
      }),
    )
  })
})
