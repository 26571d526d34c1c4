import fc from 'fast-check'
import { formatHttpDate, parseHttpDate } from '../../src/http/http-date'
import { anyText } from '../support/any-text'

/** Mon, 15 Jun 2026 12:00:00 GMT */
const NOW = 1_781_524_800

describe('parseHttpDate', () => {
  it('reads a day of one digit, which some write though the grammar has two', () => {
    expect(parseHttpDate('Sun, 6 Nov 1994 08:49:37 GMT', 1_800_000_000)).toBe(784_111_777)
  })

  // The example of RFC 9110, section 5.6.7, in its three formats.
  it.each([
    ['IMF-fixdate', 'Sun, 06 Nov 1994 08:49:37 GMT'],
    ['the format of RFC 850', 'Sunday, 06-Nov-94 08:49:37 GMT'],
    ['the format of asctime', 'Sun Nov  6 08:49:37 1994'],
    ['the format of asctime with two digits of the day', 'Sun Nov 06 08:49:37 1994'],
  ])('reads %s', (_what, text) => {
    expect(parseHttpDate(text, NOW)).toBe(784_111_777)
  })

  it.each([
    ['the epoch', 'Thu, 01 Jan 1970 00:00:00 GMT', 0],
    ['the second before the epoch', 'Wed, 31 Dec 1969 23:59:59 GMT', -1],
    ['the last second of a year', 'Fri, 31 Dec 1999 23:59:59 GMT', 946_684_799],
    ['29 February of a leap year', 'Thu, 29 Feb 2024 12:00:00 GMT', 1_709_208_000],
    ['29 February 2000', 'Tue, 29 Feb 2000 00:00:00 GMT', 951_782_400],
    ['the end of four-digit years', 'Fri, 31 Dec 9999 23:59:59 GMT', 253_402_300_799],
    ['a leap second as the second after it', 'Sat, 31 Dec 2016 23:59:60 GMT', 1_483_228_800],
    ['a day of two digits in asctime', 'Tue Nov 15 08:12:31 1994', 784_887_151],
  ])('reads %s', (_what, text, expected) => {
    expect(parseHttpDate(text, NOW)).toBe(expected)
  })

  describe('of a year of two digits, in June 2026', () => {
    it.each([
      ['this year', 'Monday, 15-Jun-26 00:00:00 GMT', 1_781_481_600],
      ['a year past', 'Saturday, 01-Jan-00 00:00:00 GMT', 946_684_800],
      ['a year 49 years ahead', 'Tuesday, 01-Jan-75 00:00:00 GMT', 3_313_526_400],
      ['a day 49 years and a half ahead', 'Wednesday, 01-Jan-76 00:00:00 GMT', 3_345_062_400],
      ['the second 50 years ahead', 'Monday, 15-Jun-76 12:00:00 GMT', 3_359_448_000],
    ])('reads %s in this century', (_what, text, expected) => {
      expect(parseHttpDate(text, NOW)).toBe(expected)
    })

    // Section 5.6.7 says "more than 50 years in the future" of the timestamp, not of its year.
    it.each([
      ['the second after that', 'Tuesday, 15-Jun-76 12:00:01 GMT', 203_688_001],
      ['a day 50 years and a half ahead', 'Friday, 31-Dec-76 00:00:00 GMT', 220_838_400],
      ['a year 51 years ahead', 'Saturday, 01-Jan-77 00:00:00 GMT', 220_924_800],
      ['a year 73 years ahead', 'Friday, 31-Dec-99 23:59:59 GMT', 946_684_799],
    ])('reads %s in the last century', (_what, text, expected) => {
      expect(parseHttpDate(text, NOW)).toBe(expected)
    })
  })

  it.each([
    ['31 February', 'Sat, 31 Feb 2024 00:00:00 GMT'],
    ['30 February', 'Fri, 30 Feb 2024 00:00:00 GMT'],
    ['29 February of a common year', 'Wed, 29 Feb 2023 00:00:00 GMT'],
    ['29 February 1900', 'Thu, 29 Feb 1900 00:00:00 GMT'],
    ['31 April', 'Tue, 31 Apr 2024 00:00:00 GMT'],
    ['day 0', 'Sun, 00 Nov 1994 08:49:37 GMT'],
    ['day 32', 'Thu, 32 Dec 1994 08:49:37 GMT'],
    ['day 99', 'Thu, 99 Dec 1994 08:49:37 GMT'],
    ['31 February in the format of RFC 850', 'Saturday, 31-Feb-24 00:00:00 GMT'],
    ['31 February in the format of asctime', 'Sat Feb 31 00:00:00 2024'],
    ['hour 24', 'Sun, 06 Nov 1994 24:00:00 GMT'],
    ['minute 60', 'Sun, 06 Nov 1994 08:60:00 GMT'],
    ['second 61', 'Sun, 06 Nov 1994 08:49:61 GMT'],
    ['an unknown month', 'Sun, 06 Foo 1994 08:49:37 GMT'],
    ['an unknown day', 'Foo, 06 Nov 1994 08:49:37 GMT'],
  ])('refuses %s', (_what, text) => {
    expect(parseHttpDate(text, NOW)).toBeUndefined()
  })

  it.each([
    ['lower case', 'sun, 06 nov 1994 08:49:37 gmt'],
    ['upper case', 'SUN, 06 NOV 1994 08:49:37 GMT'],
    ['a lower-case zone', 'Sun, 06 Nov 1994 08:49:37 gmt'],
    ['UTC', 'Sun, 06 Nov 1994 08:49:37 UTC'],
    ['an offset', 'Sun, 06 Nov 1994 08:49:37 +0000'],
    ['another zone', 'Sun, 06 Nov 1994 08:49:37 EST'],
    ['no zone', 'Sun, 06 Nov 1994 08:49:37'],
    ['a zone after asctime', 'Sun Nov  6 08:49:37 1994 GMT'],
    ['no day name', '06 Nov 1994 08:49:37 GMT'],
    ['a long day name in IMF-fixdate', 'Sunday, 06 Nov 1994 08:49:37 GMT'],
    ['a short day name in the format of RFC 850', 'Sun, 06-Nov-94 08:49:37 GMT'],
    ['a long month', 'Sun, 06 November 1994 08:49:37 GMT'],
    ['a day of three digits', 'Sun, 006 Nov 1994 08:49:37 GMT'],
    ['a day of one digit and one space in asctime', 'Sun Nov 6 08:49:37 1994'],
    ['an hour of one digit', 'Sun, 06 Nov 1994 8:49:37 GMT'],
    ['no seconds', 'Sun, 06 Nov 1994 08:49 GMT'],
    ['fractions of seconds', 'Sun, 06 Nov 1994 08:49:37.5 GMT'],
    ['two digits of the year in IMF-fixdate', 'Sun, 06 Nov 94 08:49:37 GMT'],
    ['four digits of the year in the format of RFC 850', 'Sunday, 06-Nov-1994 08:49:37 GMT'],
    ['a year of five digits', 'Sun, 06 Nov 11994 08:49:37 GMT'],
    ['no comma', 'Sun 06 Nov 1994 08:49:37 GMT'],
    ['two spaces', 'Sun,  06 Nov 1994 08:49:37 GMT'],
    ['tabs', 'Sun,\t06\tNov\t1994\t08:49:37\tGMT'],
    ['text before', 'x Sun, 06 Nov 1994 08:49:37 GMT'],
    ['text after', 'Sun, 06 Nov 1994 08:49:37 GMT; length=5'],
    ['a line feed after', 'Sun, 06 Nov 1994 08:49:37 GMT\n'],
    ['two dates', 'Sun, 06 Nov 1994 08:49:37 GMT, Sun, 06 Nov 1994 08:49:37 GMT'],
    ['digits of another script', 'Sun, ٠٦ Nov 1994 08:49:37 GMT'],
    ['ISO 8601', '1994-11-06T08:49:37Z'],
    ['seconds since the epoch', '784111777'],
    ['an entity tag', '"784111777"'],
    ['an empty text', ''],
  ])('refuses %s', (_what, text) => {
    expect(parseHttpDate(text, NOW)).toBeUndefined()
  })

  it('throws for no text', () => {
    fc.assert(
      fc.property(anyText(), text => {
        expect(parseHttpDate(text, NOW)).toBeUndefined()
      }),
    )
  })
})

describe('formatHttpDate', () => {
  it.each([
    [0, 'Thu, 01 Jan 1970 00:00:00 GMT'],
    [784_111_777, 'Sun, 06 Nov 1994 08:49:37 GMT'],
    [1_709_208_000, 'Thu, 29 Feb 2024 12:00:00 GMT'],
  ])('writes %i as %s', (seconds, expected) => {
    expect(formatHttpDate(seconds)).toBe(expected)
  })

  it('is read back, at any time of the clock', () => {
    const seconds = fc.integer({ min: 0, max: 253_402_300_799 })
    fc.assert(
      fc.property(seconds, seconds, (date, now) => {
        expect(parseHttpDate(formatHttpDate(date), now)).toBe(date)
      }),
    )
  })
})
