import fc from 'fast-check'
import { isEntityTag, matchesStrongly, matchesWeakly, parseEntityTags } from '../../src/http/entity-tag'

describe('parseEntityTags', () => {
  it.each(['*', ' *', '*\t'])('takes %j for any tag', header => {
    expect(parseEntityTags(header)).toEqual({ kind: 'any' })
  })

  it.each<[string, string, string[]]>([
    ['one tag', '"a"', ['"a"']],
    ['one weak tag', 'W/"a"', ['W/"a"']],
    ['an empty tag', '""', ['""']],
    ['several tags', '"a", W/"b", "c"', ['"a"', 'W/"b"', '"c"']],
    ['no white space', '"a","b"', ['"a"', '"b"']],
    ['white space and tabs around tags', ' \t"a" \t,\t "b"\t ', ['"a"', '"b"']],
    ['empty members', ',, "a",,\t,"b", ,', ['"a"', '"b"']],
    ['commas inside tags', '"a,b", ",", W/"c,,d"', ['"a,b"', '","', 'W/"c,,d"']],
    ['a star inside a tag', '"*"', ['"*"']],
    ['a backslash, which escapes nothing', '"a\\", "b"', ['"a\\"', '"b"']],
    ['the outermost characters of a tag', '"!~\x80\xff"', ['"!~\x80\xff"']],
    ['what looks like a weak mark inside a tag', '"W/"', ['"W/"']],
  ])('reads %s', (_what, header, tags) => {
    expect(parseEntityTags(header)).toEqual({ kind: 'list', tags })
  })

  it.each<[string, string, string[]]>([
    ['no quotes', 'a, "b"', ['"b"']],
    ['single quotes', '\'a\', "b"', ['"b"']],
    ['no closing quote', '"a", "b', ['"a"']],
    ['a comma inside and junk after it', '"a,"x, "b"', ['"b"']],
    ['no opening quote, and what that leaves unreadable', 'a", W/"b"', []],
    ['a comma inside, and what an odd quote leaves unreadable', '"a,"b"', []],
    ['a lower-case weak mark', 'w/"a", "b"', ['"b"']],
    ['a space after the weak mark', 'W/ "a", "b"', ['"b"']],
    ['a weak mark without slash', 'W"a", "b"', ['"b"']],
    ['two weak marks', 'W/W/"a", "b"', ['"b"']],
    ['junk before the tag', 'x"a", "b"', ['"b"']],
    ['junk after the tag', '"a"x, "b"', ['"b"']],
    ['two tags without a comma', '"a" "b", "c"', ['"c"']],
    ['a semicolon for a comma', '"a"; "b"', []],
    ['a space inside', '"a b", "c"', ['"c"']],
    ['a control character inside', '"a\x01", "b\x7f", "c"', ['"c"']],
    ['a star among tags', '*, "a"', ['"a"']],
    ['two stars', '**', []],
    ['nothing', '', []],
    ['commas only', ' , ,', []],
  ])('passes over a member with %s', (_what, header, tags) => {
    expect(parseEntityTags(header)).toEqual({ kind: 'list', tags })
  })

  it('gives back any list of tags', () => {
    const character = fc
      .integer({ min: 0x21, max: 0xff })
      .filter(code => code !== 0x22 && code !== 0x7f)
      .map(code => String.fromCharCode(code))
    const tag = fc
      .tuple(fc.constantFrom('', 'W/'), fc.string({ unit: character }))
      .map(([mark, opaque]) => `${mark}"${opaque}"`)
    const separator = fc.constantFrom(',', ', ', ' ,', '\t,\t', ',,', ', ,')
    fc.assert(
      fc.property(fc.array(tag, { minLength: 1 }), separator, (tags, comma) => {
        expect(parseEntityTags(tags.join(comma))).toEqual({ kind: 'list', tags })
      }),
    )
  })

  it.each([
    ['white space', ' '.repeat(50_000)],
    ['white space after a tag', `"a"${' '.repeat(50_000)}x`],
    ['commas', ','.repeat(50_000)],
    ['opening tags', ',"'.repeat(25_000)],
    ['weak marks', 'W/'.repeat(25_000)],
    ['tags without commas', '"a"'.repeat(15_000)],
    ['junk before an odd quote', `${'x'.repeat(50_000)}"`],
  ])('takes linear time for a long run of %s', (_what, header) => {
    const started = performance.now()
    expect(parseEntityTags(header).kind).toBe('list')
    expect(performance.now() - started).toBeLessThan(500)
  })

  it('throws for no text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), text => {
        expect(parseEntityTags(text).kind).toMatch(/^(?:any|list)$/)
      }),
    )
  })
})

describe('the comparison of tags', () => {
  // RFC 9110, section 8.8.3.2, table 3.
  it.each([
    ['W/"1"', 'W/"1"', false, true],
    ['W/"1"', 'W/"2"', false, false],
    ['W/"1"', '"1"', false, true],
    ['"1"', 'W/"1"', false, true],
    ['"1"', '"1"', true, true],
    ['"1"', '"2"', false, false],
    ['"a"', '"A"', false, false],
    ['"a"', '"ab"', false, false],
    ['"ab"', '"a"', false, false],
  ])('of %s and %s is strong: %s, weak: %s', (a, b, strongly, weakly) => {
    expect(matchesStrongly(a, b)).toBe(strongly)
    expect(matchesWeakly(a, b)).toBe(weakly)
  })
})

describe('isEntityTag', () => {
  it.each([
    ['"a"', true],
    ['W/"a"', true],
    ['""', true],
    ['Sun, 06 Nov 1994 08:49:37 GMT', false],
    ['w/"a"', false],
    ['a', false],
    ['*', false],
    ['', false],
    ['Wed, 09 Nov 1994 08:49:37 GMT', false],
  ])('of %j is %s', (text, expected) => {
    expect(isEntityTag(text)).toBe(expected)
  })
})
