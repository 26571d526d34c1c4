import fc from 'fast-check'
import { isEntityTag, matchesStrongly, matchesTagList } from '../../src/http/entity-tag'
import { anyText } from '../support/any-text'

/** Whether `header` lists exactly `tag`. */
function lists(header: string, tag: string): boolean {
  return matchesTagList(header, tag, tag.startsWith('W/') ? 'weak' : 'strong')
}

describe('matchesTagList', () => {
  it.each(['*', ' *', '*\t', ' \t* '])('matches any tag with %j', header => {
    expect(matchesTagList(header, '"a"', 'strong')).toBe(true)
    expect(matchesTagList(header, 'W/"a"', 'strong')).toBe(true)
    expect(matchesTagList(header, '"a"', 'weak')).toBe(true)
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
    ['a tag after junk', 'x, "b"', ['"b"']],
    ['a tag after a star', '*, "a"', ['"a"']],
    ['a tag after one with a space', '"a b", "c"', ['"c"']],
    ['a tag before a quote that is not closed', '"a", "b', ['"a"']],
  ])('finds %s', (_what, header, tags) => {
    expect(tags.filter(tag => !lists(header, tag))).toEqual([])
  })

  it.each<[string, string, string[]]>([
    ['no quotes', 'a, "b"', ['"a"']],
    ['single quotes', '\'a\', "b"', ['"a"']],
    ['no closing quote', '"a", "b', ['"b"']],
    ['a comma inside and junk after it', '"a,"x, "b"', ['"a"', '"a,"', '"x"']],
    ['no opening quote, and what that leaves unreadable', 'a", W/"b"', ['"a"', 'W/"b"', '"b"']],
    ['a comma inside, and what an odd quote leaves unreadable', '"a,"b"', ['"a,"', '"b"']],
    ['a lower-case weak mark', 'w/"a", "b"', ['"a"', 'W/"a"']],
    ['a space after the weak mark', 'W/ "a", "b"', ['"a"', 'W/"a"']],
    ['a weak mark without slash', 'W"a", "b"', ['"a"', 'W/"a"']],
    ['two weak marks', 'W/W/"a", "b"', ['"a"', 'W/"a"']],
    ['junk before the tag', 'x"a", "b"', ['"a"']],
    ['junk after the tag', '"a"x, "b"', ['"a"']],
    ['two tags without a comma', '"a" "b", "c"', ['"a"', '"b"']],
    ['a semicolon for a comma', '"a"; "b"', ['"a"', '"b"']],
    ['the end of a longer tag', '"aa"', ['"a"']],
    ['the start of a longer tag', '"ab"', ['"a"']],
    ['a tag inside a tag', '"x,"a",y"', ['"a"']],
    ['two stars', '**', ['"a"']],
    ['nothing', '', ['""']],
    ['commas only', ' , ,', ['""']],
    ['a no-break space before the tag', '\u00a0"a"', ['"a"']],
    ['a no-break space after a star', '*\u00a0', ['"a"']],
  ])('does not find a tag in a member with %s', (_what, header, tags) => {
    expect(tags.filter(tag => matchesTagList(header, tag, 'strong'))).toEqual([])
    expect(tags.filter(tag => matchesTagList(header, tag, 'weak'))).toEqual([])
  })

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
  ])('compares %s and %s: strongly %s, weakly %s', (a, b, strongly, weakly) => {
    expect(matchesTagList(a, b, 'strong')).toBe(strongly)
    expect(matchesTagList(a, b, 'weak')).toBe(weakly)
    expect(matchesTagList(`"x", ${a} , "y"`, b, 'strong')).toBe(strongly)
    expect(matchesTagList(`"x", ${a} , "y"`, b, 'weak')).toBe(weakly)
    expect(matchesStrongly(a, b)).toBe(strongly)
  })

  it('finds each tag of any list, and no tag that is not in it', () => {
    const character = fc
      .integer({ min: 0x21, max: 0xff })
      .filter(code => code !== 0x22 && code !== 0x7f)
      .map(code => String.fromCharCode(code))
    const tag = fc
      .tuple(fc.constantFrom('', 'W/'), fc.string({ unit: character }))
      .map(([mark, opaque]) => `${mark}"${opaque}"`)
    const separator = fc.constantFrom(',', ', ', ' ,', '\t,\t', ',,', ', ,')
    fc.assert(
      fc.property(fc.array(tag, { minLength: 1 }), separator, tag, (tags, comma, other) => {
        const header = tags.join(comma)
        expect(tags.every(each => matchesTagList(header, each, 'weak'))).toBe(true)
        expect(matchesTagList(header, other, 'strong')).toBe(!other.startsWith('W/') && tags.includes(other))
      }),
    )
  })

  it('throws for no text', () => {
    fc.assert(
      fc.property(anyText(), text => {
        expect(typeof matchesTagList(text, '"a"', 'weak')).toBe('boolean')
      }),
    )
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
