import fc from 'fast-check'
import { toPrintable } from '../../src/http/printable'
import { anyText } from '../support/any-text'

describe('printable', () => {
  it.each([
    ['plain text', 'bytes=0-9, 20-', 'bytes=0-9, 20-'],
    ['letters of any script', 'été ラーメン गीता 🎵', 'été ラーメン गीता 🎵'],
    ['a backslash', 'a\\b', 'a\\b'],
    ['a line feed', 'a\nb', 'a\\u{a}b'],
    ['an escape sequence', '\x1b[31m', '\\u{1b}[31m'],
    ['the same of one character (C1)', '\x9b31m', '\\u{9b}31m'],
    ['NUL and delete', '\0\x7f', '\\u{0}\\u{7f}'],
    ['an override of direction', 'a\u202egpj', 'a\\u{202e}gpj'],
    ['an isolate of direction', '\u2066a\u2069', '\\u{2066}a\\u{2069}'],
    ['a zero-width space', 'a\u200bb', 'a\\u{200b}b'],
    ['a byte order mark', '\ufeffa', '\\u{feff}a'],
    ['a soft hyphen', 'a\u00adb', 'a\\u{ad}b'],
    ['separators of lines and paragraphs', 'a\u2028b\u2029', 'a\\u{2028}b\\u{2029}'],
    ['a tag character, outside the basic plane', '\u{e0041}', '\\u{e0041}'],
    ['a lone high surrogate', 'a\ud800b', 'a\\u{d800}b'],
    ['a lone low surrogate', '\udc00', '\\u{dc00}'],
    ['white space other than the space', 'a\u00a0b\u3000', 'a\\u{a0}b\\u{3000}'],
    ['an invisible letter', 'a\u3164', 'a\\u{3164}'],
    ['a private and an unassigned character', '\ue000\u0378', '\\u{e000}\\u{378}'],
    ['nothing', '', ''],
  ])('writes %s', (_what, text, expected) => {
    expect(toPrintable(text, 128)).toBe(expected)
  })

  it.each([
    ['plain text', 'abcdef', 4, 'abcd'],
    ['text as long as the limit', 'abcd', 4, 'abcd'],
    ['in front of an escape that does not fit', 'abc\nd', 7, 'abc'],
    ['behind an escape that fits', 'abc\nd', 8, 'abc\\u{a}'],
    ['in front of a character outside the basic plane', 'abc🎵', 4, 'abc'],
    ['behind a character outside the basic plane', 'ab🎵c', 4, 'ab🎵'],
    ['to nothing', 'abc', 0, ''],
  ])('cuts %s off', (_what, text, maxLength, expected) => {
    expect(toPrintable(text, maxLength)).toBe(expected)
  })

  it('does not shorten text without a limit', () => {
    expect(toPrintable(`${'x'.repeat(10_000)}\n`)).toBe(`${'x'.repeat(10_000)}\\u{a}`)
  })

  it('leaves no invisible character, and is never longer than allowed', () => {
    const texts = anyText()
    fc.assert(
      fc.property(texts, fc.nat({ max: 200 }), (text, maxLength) => {
        const shown = toPrintable(text, maxLength)
        expect(shown.length).toBeLessThanOrEqual(maxLength)
        expect(shown).not.toMatch(/[\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Zl}\p{Zp}\p{Cs}\u00a0\u3000\u3164]/u)
      }),
    )
  })

  it('looks at no more of a long text than it shows', () => {
    const read = jest.spyOn(String.prototype, 'codePointAt')
    expect(toPrintable('\x9b'.repeat(1_000_000), 128)).toBe('\\u{9b}'.repeat(21))
    expect(read.mock.calls.length).toBeLessThanOrEqual(128)
    read.mockRestore()
  })
})
