import { validateHeaderValue } from 'node:http'
import contentDisposition from 'content-disposition'
import fc from 'fast-check'
import { cleanFileName, formatContentDisposition } from '../../src/http/content-disposition'
import { anyText } from '../support/any-text'

describe('Content-Disposition', () => {
  it.each([
    ['a plain name', 'Song.mp3', 'inline; filename="Song.mp3"'],
    ['a name in quotes', 'a "b".mp3', "inline; filename=\"a 'b'.mp3\"; filename*=UTF-8''a%20%22b%22.mp3"],
    ['accents', 'Café.mp3', 'inline; filename="Cafe.mp3"; filename*=UTF-8\'\'Caf%C3%A9.mp3'],
    ['another script', '曲.mp3', "inline; filename*=UTF-8''%E6%9B%B2.mp3"],
    ['a name of Latin 1 alone', 'ß.mp3', "inline; filename*=UTF-8''%C3%9F.mp3"],
    [
      'another script and ASCII',
      '曲 1.mp3',
      'inline; filename="_ 1.mp3"; filename*=UTF-8\'\'%E6%9B%B2%201.mp3',
    ],
    ['no extension', '曲', "inline; filename*=UTF-8''%E6%9B%B2"],
    ['percent signs', '100%41.mp3', 'inline; filename="100%41.mp3"; filename*=UTF-8\'\'100%2541.mp3'],
    [
      'what RFC 5987 reserves',
      "é'(*).mp3",
      "inline; filename=\"e'(*).mp3\"; filename*=UTF-8''%C3%A9%27%28%2A%29.mp3",
    ],
    ['a path', 'AC/DC\\x.mp3', 'inline; filename="ACDCx.mp3"'],
    ['a path that leads up', '../../a.mp3', 'inline; filename="....a.mp3"'],
    ['line breaks', 'a\r\nSet-Cookie: b.mp3', 'inline; filename="aSet-Cookie: b.mp3"'],
    ['control characters', 'a\0\x1b\x7f\x9b.mp3', 'inline; filename="a.mp3"'],
    ['an override of direction', 'a\u202egpj\u202c.mp3', 'inline; filename="agpj.mp3"'],
    ['isolates and marks of direction', 'a\u2066b\u2069\u200e\u200f\u061c.mp3', 'inline; filename="ab.mp3"'],
    ['separators of lines and paragraphs', 'a\u2028b\u2029.mp3', 'inline; filename="ab.mp3"'],
    ['lone surrogates', 'a\ud800b\udc00.mp3', 'inline; filename="ab.mp3"'],
    ['white space around it', '  a b.mp3\t', 'inline; filename="a b.mp3"'],
  ])('writes %s', (_what, name, expected) => {
    expect(formatContentDisposition(name)).toBe(expected)
  })

  it('keeps the joiners of emoji and of Persian', () => {
    for (const name of ['👩‍🎤.mp3', 'می‌روم.mp3'])
      expect(contentDisposition.parse(formatContentDisposition(name) ?? '').parameters).toEqual({
        filename: name,
      })
  })

  it.each(['', ' ', '\r\n\0', '\ud800', '\u202e', '/', '.', '..', '../'])('is absent for %j', name => {
    expect(formatContentDisposition(name)).toBeUndefined()
  })

  it('shortens a long name to 255 characters, and keeps its extension', () => {
    expect(cleanFileName(`${'a'.repeat(1000)}.flac`)).toBe(`${'a'.repeat(250)}.flac`)
    expect(cleanFileName(`${'🎵'.repeat(1000)}.flac`)).toBe(`${'🎵'.repeat(250)}.flac`)
    expect(cleanFileName('a'.repeat(1_000_000))).toBe('a'.repeat(255))
    expect(cleanFileName(`.${'a'.repeat(300)}`)).toBe(`.${'a'.repeat(254)}`)
  })

  it('is a header field of ASCII that names the clean name, whatever users typed', () => {
    fc.assert(
      fc.property(anyText(), name => {
        const field = formatContentDisposition(name)
        if (field === undefined) return
        expect(field).toMatch(/^inline(?:; [\x20-\x7e]+){1,2}$/)
        expect(() => {
          validateHeaderValue('Content-Disposition', field)
        }).not.toThrow()
        expect(contentDisposition.parse(field).parameters).toEqual({ filename: cleanFileName(name) })
      }),
      { numRuns: 2000 },
    )
  })
})
