import { isTrackId } from '../src/track-id'

describe('isTrackId', () => {
  it.each([
    ['one letter', 'a'],
    ['one digit', '0'],
    ['letters, digits, _ and -', 'Track_01-b'],
    ['what looks like an option', '-rf'],
    ['only signs', '_-_'],
    ['the name of a property', '__proto__'],
    ['the name of a method', 'constructor'],
    ['a device name of Windows', 'CON'],
    ['Latin letters with accents', 'été'],
    ['Greek', 'τραγούδι'],
    ['Cyrillic', 'песня'],
    ['Chinese', '歌曲'],
    ['Japanese, with its long vowel mark', 'ラーメン'],
    ['Arabic', 'أغنية'],
    ['Devanagari, with its vowel signs', 'गीता'],
    ['Hangul', '노래'],
    ['digits of other scripts', '٣७३'],
    ['full-width letters and digits', '\uff41\uff11'],
    ['a Roman numeral', 'Ⅷ'],
    ['a superscript and a fraction', 'm²½'],
    ['letters outside the basic plane', '𝒜𐐷'],
    ['Hindi, with its virama', 'हिन्दी'],
    ['Thai, with its tone marks', 'เพลงที่หนึ่ง'],
    ['Tamil, with its virama', 'தமிழ்_பாடல்'],
    ['Khmer, with its subscripts', 'ភាសាខ្មែរ'],
    ['Burmese, with its asat', 'မြန်မာသီချင်း'],
    ['Hebrew, with its points', 'שִׁיר'],
    ['decomposed accents', 'e\u0301te\u0301'],
    ['decomposed Japanese', 'カ\u3099'],
    ['a mark alone', '\u0301'],
    ['512 characters', 'a'.repeat(512)],
    ['512 characters outside the basic plane', '𐐷'.repeat(512)],
  ])('accepts %s', (_what, id) => {
    expect(isTrackId(id)).toBe(true)
  })

  it.each([
    ['nothing', ''],
    ['513 characters', 'a'.repeat(513)],
    ['513 characters outside the basic plane', '𐐷'.repeat(513)],
    ['64 kB', 'a'.repeat(65_536)],
    ['a dot', 'track.1'],
    ['the parent directory', '..'],
    ['a way out of the directory', '../etc/passwd'],
    ['a slash', 'a/b'],
    ['a slash at the end', 'a/'],
    ['a backslash', 'a\\b'],
    ['a full-width slash', 'a\uff0fb'],
    ['a division slash', 'a\u2215b'],
    ['the separator of the signed text', 'a|1'],
    ['a percent sign', '%2e'],
    ['an alternate data stream', 'a::$DATA'],
    ['a drive', 'C:a'],
    ['NUL', 'a\0'],
    ['a line feed at the end', 'a\n'],
    ['a line feed inside', 'a\nb'],
    ['a carriage return', 'a\r'],
    ['a space', 'a b'],
    ['a space at the end', 'a '],
    ['a no-break space', 'a\u00a0b'],
    ['a plus', 'a+b'],
    ['a tilde', '~a'],
    ['a star', '*'],
    ['a right-to-left mark', 'a\u200f'],
    ['a zero-width joiner', 'a\u200db'],
    ['a byte order mark', '\ufeffa'],
    ['an en dash', 'a–b'],
    ['an emoji', '🎵'],
    ['a lone high surrogate', 'a\ud800'],
    ['a lone low surrogate', '\udc00a'],
  ])('refuses %s', (_what, id) => {
    expect(isTrackId(id)).toBe(false)
  })

  it.each([[undefined], [null], [1], [true], [['a']], [{ toString: () => 'a' }]])(
    'refuses %p, which is no text',
    value => {
      expect(isTrackId(value)).toBe(false)
    },
  )
})
