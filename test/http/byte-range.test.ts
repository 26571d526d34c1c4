import fc from 'fast-check'
import {
  formatContentRange,
  lengthOf,
  parseRange,
  type ByteRange,
  type RangeOutcome,
} from '../../src/http/byte-range'
import { anyText } from '../support/any-text'

/** `whole`, `unsatisfiable`, or the ranges in the order in which they are served. */
function summary(outcome: RangeOutcome): string {
  if (outcome.kind !== 'partial') return outcome.kind
  return outcome.ranges.map(({ first, last }) => `${first}-${last}`).join(', ')
}

describe('parseRange', () => {
  describe('of a file of 1000 bytes, one range', () => {
    it.each([
      ['bytes=0-0', '0-0'],
      ['bytes=0-9', '0-9'],
      ['bytes=500-', '500-999'],
      ['bytes=0-', '0-999'],
      ['bytes=999-', '999-999'],
      ['bytes=999-999', '999-999'],
      ['bytes=-1', '999-999'],
      ['bytes=-10', '990-999'],
      ['bytes=-1000', '0-999'],
    ])('serves %s as %s', (header, expected) => {
      expect(summary(parseRange(header, 1000))).toBe(expected)
    })

    it.each([
      ['an end one past the last byte', 'bytes=990-1000', '990-999'],
      ['an end far past the last byte', 'bytes=990-5000', '990-999'],
      ['a suffix longer than the file', 'bytes=-1001', '0-999'],
      ['a suffix much longer than the file', 'bytes=-50000', '0-999'],
    ])('clips %s', (_what, header, expected) => {
      expect(summary(parseRange(header, 1000))).toBe(expected)
    })

    it.each(['bytes=1000-', 'bytes=1000-1000', 'bytes=1000-2000', 'bytes=5000-', 'bytes=-0', 'bytes=-000'])(
      'finds nothing to serve in %s',
      header => {
        expect(summary(parseRange(header, 1000))).toBe('unsatisfiable')
      },
    )

    it.each(['bytes=9-5', 'bytes=1-0', 'bytes=999-998', 'bytes=2000-1999'])(
      'ignores %s, whose end comes before its start',
      header => {
        expect(summary(parseRange(header, 1000))).toBe('whole')
      },
    )

    it('serves the whole file without a Range', () => {
      expect(summary(parseRange(undefined, 1000))).toBe('whole')
    })

    it('distinguishes the first and last byte of a file as large as the largest safe integer', () => {
      expect(summary(parseRange('bytes=-1', Number.MAX_SAFE_INTEGER))).toBe(
        '9007199254740990-9007199254740990',
      )
      expect(summary(parseRange('bytes=0-0', Number.MAX_SAFE_INTEGER))).toBe('0-0')
      expect(summary(parseRange('bytes=9007199254740991-', Number.MAX_SAFE_INTEGER))).toBe('unsatisfiable')
    })
  })

  describe('of an empty file', () => {
    it.each(['bytes=0-', 'bytes=0-0', 'bytes=-5', 'bytes=-0', 'bytes=5-', 'bytes=0-0,1-1', 'bytes=x'])(
      'ignores %s',
      header => {
        expect(summary(parseRange(header, 0))).toBe('whole')
      },
    )
  })

  describe('of numbers that no double holds', () => {
    const thirtyDigits = '9'.repeat(30)
    const fourHundredDigits = '9'.repeat(400)

    it.each([
      ['an end of 30 digits', `bytes=5-${thirtyDigits}`, '5-999'],
      ['an end of 400 digits', `bytes=5-${fourHundredDigits}`, '5-999'],
      ['a suffix of 30 digits', `bytes=-${thirtyDigits}`, '0-999'],
      ['a suffix of 400 digits', `bytes=-${fourHundredDigits}`, '0-999'],
      ['a start of 30 digits', `bytes=${thirtyDigits}-`, 'unsatisfiable'],
      ['a start of 400 digits', `bytes=${fourHundredDigits}-`, 'unsatisfiable'],
      ['a start and an end of 30 digits', `bytes=${thirtyDigits}-${thirtyDigits}`, 'unsatisfiable'],
      ['2^53 to 2^53+1', 'bytes=9007199254740992-9007199254740993', 'unsatisfiable'],
      ['2^64 to 2^64+1', 'bytes=18446744073709551616-18446744073709551617', 'unsatisfiable'],
      ['the reversed 2^53+1 to 2^53', 'bytes=9007199254740993-9007199254740992', 'whole'],
      ['the reversed 2^64+1 to 2^64', 'bytes=18446744073709551617-18446744073709551616', 'whole'],
      ['a start of 30 digits before a short end', `bytes=${thirtyDigits}-5`, 'whole'],
      ['leading zeros in a start', `bytes=${'0'.repeat(30)}5-9`, '5-9'],
      ['leading zeros in an end', `bytes=5-${'0'.repeat(30)}9`, '5-9'],
      ['leading zeros in a suffix', `bytes=-${'0'.repeat(30)}9`, '991-999'],
      ['leading zeros in a reversed range', `bytes=${'0'.repeat(30)}9-5`, 'whole'],
    ])('reads %s', (_what, header, expected) => {
      expect(summary(parseRange(header, 1000))).toBe(expected)
    })
  })

  describe('of the unit', () => {
    it.each(['bytes=0-9', 'Bytes=0-9', 'BYTES=0-9', 'bYtEs=0-9'])('serves %s: its case is free', header => {
      expect(summary(parseRange(header, 1000))).toBe('0-9')
    })

    it.each(['items=0-9', 'byte=0-9', 'bytess=0-9', 'x-bytes=0-9', 'seconds=1-2', 'none=0-9', '=0-9'])(
      'ignores %s',
      header => {
        expect(summary(parseRange(header, 1000))).toBe('whole')
      },
    )
  })

  describe('of a malformed set', () => {
    it.each([
      '',
      'abc',
      'bytes',
      'bytes=',
      'bytes=,',
      'bytes= , \t,',
      'bytes=-',
      'bytes=--5',
      'bytes=1--5',
      'bytes=1-5-9',
      'bytes=5',
      'bytes=*',
      'bytes=x-y',
      'bytes=1x-5y',
      'bytes=1e2-',
      'bytes=0x1-0x5',
      'bytes=+1-5',
      'bytes=1-+5',
      'bytes=1.5-5',
      'bytes=1_0-20',
      'bytes=NaN-',
      'bytes=Infinity-',
      'bytes=0 -9',
      'bytes=0- 9',
      'bytes=- 9',
      'bytes=0\t-9',
      'bytes=0-9 200-209',
      'bytes=0-9;200-209',
      'bytes=0-9/1000',
      'bytes=(0-9)',
      'bytes="0-9"',
      'bytes=0–9',
      'bytes=٣-٩',
      'bytes=\uff10-\uff19',
      'bytes=0-9\u00a0',
      'bytes=\u00a00-9',
      'bytes=0-9\n',
      'bytes=0-9\v',
      'bytes=0-9\0',
      'bytes 0-9',
      'bytes =0-9',
      'bytes:0-9',
      'bytes==0-9',
      'bytes=bytes=0-9',
    ])('ignores %j', header => {
      expect(summary(parseRange(header, 1000))).toBe('whole')
    })

    it.each([
      ['its last', 'bytes=0-9,x'],
      ['its first', 'bytes=x,0-9'],
      ['a reversed', 'bytes=0-9,9-5'],
      ['a reversed, unsatisfiable', 'bytes=0-9,2000-1999'],
      ['a middle', 'bytes=0-9,-,200-209'],
    ])('ignores the whole set for %s member', (_which, header) => {
      expect(summary(parseRange(header, 1000))).toBe('whole')
    })
  })

  describe('of the list grammar', () => {
    it.each([
      ['no white space', 'bytes=0-9,200-209'],
      ['a space after the comma', 'bytes=0-9, 200-209'],
      ['a space before the comma', 'bytes=0-9 ,200-209'],
      ['tabs around the comma', 'bytes=0-9\t,\t200-209'],
      ['much white space', 'bytes=0-9 \t \t,  \t  200-209'],
      ['an empty first member', 'bytes=,0-9,200-209'],
      ['an empty first member of white space', 'bytes= \t,0-9,200-209'],
      ['an empty middle member', 'bytes=0-9,,200-209'],
      ['an empty middle member of white space', 'bytes=0-9, \t,200-209'],
      ['an empty last member', 'bytes=0-9,200-209,'],
      ['many empty members', 'bytes=,,0-9, ,\t,200-209,,'],
    ])('accepts %s', (_what, header) => {
      expect(summary(parseRange(header, 1000))).toBe('0-9, 200-209')
    })

    it('ignores a member with white space inside', () => {
      expect(summary(parseRange(`bytes=0-${' '.repeat(60_000)}9`, 1000))).toBe('whole')
    })
  })

  describe('of several ranges', () => {
    it.each([
      ['in order', 'bytes=0-9,200-209,900-909', '0-9, 200-209, 900-909'],
      ['out of order', 'bytes=900-909,0-9,500-509', '900-909, 0-9, 500-509'],
      ['of every kind', 'bytes=0-9,-10,500-509', '0-9, 990-999, 500-509'],
      ['one of them open', 'bytes=0-9,900-', '0-9, 900-999'],
    ])('keeps the order of ranges %s', (_what, header, expected) => {
      expect(summary(parseRange(header, 1000))).toBe(expected)
    })

    it.each([
      ['overlapping', 'bytes=0-99,50-149', '0-149'],
      ['adjacent', 'bytes=0-99,100-199', '0-199'],
      ['equal', 'bytes=0-9,0-9', '0-9'],
      ['a range inside another', 'bytes=0-899,0-99', '0-899'],
      ['a range inside another, requested first', 'bytes=0-99,0-899', '0-899'],
      ['everything', 'bytes=0-,5-9,-1', '0-999'],
      ['overlapping suffixes', 'bytes=-5,-10', '990-999'],
      ['a gap of 79', 'bytes=0-9,89-98', '0-98'],
      ['a gap of 79, requested in reverse order', 'bytes=89-98,0-9', '0-98'],
      ['a chain of gaps, requested out of order', 'bytes=0-9,150-159,80-89', '0-159'],
    ])('joins %s into one', (_what, header, expected) => {
      expect(summary(parseRange(header, 1000))).toBe(expected)
    })

    it.each([
      ['bytes=0-9,90-99', '0-9, 90-99'],
      ['bytes=90-99,0-9', '90-99, 0-9'],
    ])('keeps %s apart: a gap of 80 costs more than a part', (header, expected) => {
      expect(summary(parseRange(header, 1000))).toBe(expected)
    })

    it.each([
      ['bytes=500-599,0-9,550-649', '500-649, 0-9'],
      ['bytes=500-509,0-9,900-909,5-14', '500-509, 0-14, 900-909'],
      ['bytes=900-909,0-9,850-899', '850-909, 0-9'],
    ])('puts a joined range of %s in the place of its first member', (header, expected) => {
      expect(summary(parseRange(header, 1000))).toBe(expected)
    })

    it.each([
      ['bytes=0-9,5000-', '0-9'],
      ['bytes=1000-,0-9,-0', '0-9'],
      ['bytes=0-9,1000-1001,200-209', '0-9, 200-209'],
      ['bytes=1000-1001,2000-,-0', 'unsatisfiable'],
    ])('drops the unsatisfiable members of %s', (header, expected) => {
      expect(summary(parseRange(header, 1000))).toBe(expected)
    })
  })

  describe('of many ranges', () => {
    /** `count` ranges of one byte, 99 bytes apart. */
    function scattered(count: number): string {
      return Array.from({ length: count }, (_, index) => `${index * 100}-${index * 100}`).join(',')
    }

    it('serves 16 parts', () => {
      const outcome = parseRange(`bytes=${scattered(16)}`, 10_000)
      expect(outcome.kind === 'partial' && outcome.ranges.length).toBe(16)
    })

    it('serves the whole file in place of 17 parts', () => {
      expect(summary(parseRange(`bytes=${scattered(17)}`, 10_000))).toBe('whole')
    })

    it('counts parts, not members: 16 that are satisfiable and one that is not', () => {
      const outcome = parseRange(`bytes=${scattered(16)},10000-`, 10_000)
      expect(outcome.kind === 'partial' && outcome.ranges.length).toBe(16)
    })

    it('counts parts, not members: 500 that make one part', () => {
      const members = Array.from({ length: 500 }, (_, index) => `${index * 2}-${index * 2}`).join(',')
      expect(summary(parseRange(`bytes=${members}`, 10_000))).toBe('0-998')
    })

    it.each([
      ['2048 members', `bytes=${'0-0,'.repeat(2047)}5-9`, '0-9'],
      ['2049 members', `bytes=${'0-0,'.repeat(2048)}5-9`, 'whole'],
      ['2047 empty members and one', `bytes=${','.repeat(2047)}5-9`, '5-9'],
      ['2048 empty members and one', `bytes=${','.repeat(2048)}5-9`, 'whole'],
      ['2048 unsatisfiable members', `bytes=${'1000-,'.repeat(2047)}1000-`, 'unsatisfiable'],
      ['2049 unsatisfiable members', `bytes=${'1000-,'.repeat(2048)}1000-`, 'whole'],
    ])('reads no set of more than 2048 members: %s', (_what, header, expected) => {
      expect(summary(parseRange(header, 1000))).toBe(expected)
    })
  })

  describe('for any input', () => {
    const sizes = fc.integer({ min: 1, max: 3000 })

    it('gives a formatted range back', () => {
      const ranges = fc
        .tuple(fc.maxSafeNat(), fc.maxSafeNat(), fc.maxSafeNat())
        .map(numbers => numbers.toSorted((a, b) => a - b) as [number, number, number])
        .filter(([, last, size]) => last < size)
      fc.assert(
        fc.property(ranges, ([first, last, size]) => {
          const formatted = formatContentRange({ first, last }, size)
          const header = formatted.replace('bytes ', 'bytes=').replace(/\/\d+$/, '')
          expect(parseRange(header, size)).toEqual({ kind: 'partial', ranges: [{ first, last }] })
        }),
      )
    })

    it('throws for no text', () => {
      const texts = fc.oneof(
        anyText(),
        anyText().map(text => `bytes=${text}`),
        fc.stringMatching(/^bytes=[0-9, \t=bytes-]{0,60}$/),
      )
      fc.assert(
        fc.property(texts, fc.maxSafeNat(), (text, size) => {
          expect(parseRange(text, size).kind).toMatch(/^(?:whole|partial|unsatisfiable)$/)
        }),
      )
    })

    it('stays inside the file, disjoint, and so never above its size', () => {
      const headers = fc.stringMatching(/^bytes=(?:[0-9]{0,4}-[0-9]{0,4},){0,12}[0-9,-]*$/)
      fc.assert(
        fc.property(headers, sizes, (header, size) => {
          const outcome = parseRange(header, size)
          const ranges = outcome.kind === 'partial' ? outcome.ranges : []
          expectDisjointWithin(ranges, size)
        }),
      )
    })

    it('covers every requested byte, fills only gaps under 80, and keeps the order', () => {
      fc.assert(
        fc.property(fc.array(specs(), { minLength: 1, maxLength: 20 }), sizes, (asked, size) => {
          const outcome = parseRange(`bytes=${asked.map(text).join(',')}`, size)
          const wanted = asked.map(spec => resolve(spec, size)).filter(range => range !== undefined)
          if (outcome.kind === 'whole') {
            expect(wanted.length).toBeGreaterThan(16)
            return
          }
          const ranges = outcome.kind === 'partial' ? outcome.ranges : []
          expectDisjointWithin(ranges, size)
          expect(ranges.length === 0).toBe(wanted.length === 0)

          const isAsked = new Uint8Array(size)
          for (const { first, last } of wanted) isAsked.fill(1, first, last + 1)
          const isServed = new Uint8Array(size)
          for (const { first, last } of ranges) isServed.fill(1, first, last + 1)
          expect(isAsked.every((byte, at) => byte === 0 || isServed[at] === 1)).toBe(true)
          for (const { first, last } of ranges) {
            expect(isAsked[first]).toBe(1)
            expect(isAsked[last]).toBe(1)
            expect(longestRunOfZeros(isAsked.subarray(first, last + 1))).toBeLessThan(80)
          }

          const positions = ranges.map(({ first, last }) =>
            wanted.findIndex(range => range.first >= first && range.last <= last),
          )
          expect(positions).toEqual(positions.toSorted((a, b) => a - b))
        }),
        { numRuns: 200 },
      )
    })
  })
})

describe('formatContentRange', () => {
  it('writes first, last and size', () => {
    expect(formatContentRange({ first: 0, last: 9 }, 1000)).toBe('bytes 0-9/1000')
    expect(formatContentRange({ first: 999, last: 999 }, 1000)).toBe('bytes 999-999/1000')
  })
})

describe('lengthOf', () => {
  it('counts both ends', () => {
    expect(lengthOf({ first: 5, last: 5 })).toBe(1)
    expect(lengthOf({ first: 0, last: 999 })).toBe(1000)
  })
})

type Spec =
  | { readonly kind: 'closed'; readonly first: number; readonly last: number }
  | { readonly kind: 'open'; readonly first: number }
  | { readonly kind: 'suffix'; readonly length: number }

/** Well-formed members, some of them past the end of the file. */
function specs(): fc.Arbitrary<Spec> {
  const positions = fc.nat({ max: 3500 })
  const spans = fc.oneof(fc.nat({ max: 30 }), fc.nat({ max: 3500 }))
  return fc.oneof(
    {
      weight: 8,
      arbitrary: fc
        .tuple(positions, spans)
        .map(([first, span]): Spec => ({ kind: 'closed', first, last: first + span })),
    },
    { weight: 1, arbitrary: positions.map((first): Spec => ({ kind: 'open', first })) },
    { weight: 1, arbitrary: spans.map((length): Spec => ({ kind: 'suffix', length })) },
  )
}

function text(spec: Spec): string {
  switch (spec.kind) {
    case 'closed':
      return `${spec.first}-${spec.last}`
    case 'open':
      return `${spec.first}-`
    case 'suffix':
      return `-${spec.length}`
  }
}

/** What a member means (RFC 9110, section 14.1.2); undefined if it is unsatisfiable. */
function resolve(spec: Spec, size: number): ByteRange | undefined {
  const last = size - 1
  if (spec.kind === 'suffix') {
    return spec.length === 0 ? undefined : { first: Math.max(0, size - spec.length), last }
  }
  if (spec.first > last) return undefined
  return { first: spec.first, last: spec.kind === 'open' ? last : Math.min(spec.last, last) }
}

function expectDisjointWithin(ranges: readonly ByteRange[], size: number): void {
  let end = -1
  for (const { first, last } of ranges.toSorted((a, b) => a.first - b.first)) {
    expect(first).toBeGreaterThan(end)
    expect(last).toBeGreaterThanOrEqual(first)
    end = last
  }
  expect(end).toBeLessThan(size)
  expect(ranges.reduce((total, range) => total + lengthOf(range), 0)).toBeLessThanOrEqual(size)
}

function longestRunOfZeros(bytes: Uint8Array): number {
  return Math.max(
    ...Array.from(bytes)
      .join('')
      .split('1')
      .map(run => run.length),
  )
}
