/** HTTP dates, in whole seconds since the epoch (RFC 9110, section 5.6.7). We write one format and read three. */

/** Undefined if it is not known, or before 1970, which some storages give if they know none. */
export function toDate(seconds = NaN): Date | undefined {
  return seconds >= 0 ? new Date(seconds * 1000) : undefined
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
const MONTH = MONTHS.join('|')
const DAY = 'Mon|Tue|Wed|Thu|Fri|Sat|Sun'
const LONG_DAY = 'Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday'
const TIME = String.raw`(?<hour>\d\d):(?<minute>\d\d):(?<second>\d\d)`

/** The formats of section 5.6.7. The first also accepts a day of one digit, because some clients send it. */
const FORMATS = [
  String.raw`(?:${DAY}), (?<day>\d?\d) (?<month>${MONTH}) (?<year>\d{4}) ${TIME} GMT`,
  String.raw`(?:${LONG_DAY}), (?<day>\d\d)-(?<month>${MONTH})-(?<year>\d\d) ${TIME} GMT`,
  String.raw`(?:${DAY}) (?<month>${MONTH}) (?<day>\d\d| \d) ${TIME} (?<year>\d{4})`,
].map(format => new RegExp(`^${format}$`))

/** Lengths of the shortest and the longest of the formats. */
const SHORTEST = 'Sun Nov  6 08:49:37 1994'.length
const LONGEST = 'Wednesday, 09-Nov-94 08:49:37 GMT'.length

/** The same dates of files are written again and again, so this many texts are cached. */
const MAX_CACHED = 1024
const formatted = new Map<number, string>()

/** Writes `seconds` as an IMF-fixdate. */
export function formatHttpDate(seconds: number): string {
  let text = formatted.get(seconds)
  if (text === undefined) {
    text = new Date(seconds * 1000).toUTCString()
    if (formatted.size === MAX_CACHED) formatted.clear()
    formatted.set(seconds, text)
  }
  return text
}

/**
 * Reads `text` as seconds since the epoch; undefined if it is not an HTTP date.
 *
 * @param now seconds since the epoch, which decide the century of a year of two digits
 */
export function parseHttpDate(text: string, now: number): number | undefined {
  if (text.length < SHORTEST || text.length > LONGEST) return undefined
  for (const format of FORMATS) {
    const fields = format.exec(text)?.groups
    if (fields !== undefined) return toSeconds(fields, now)
  }
  return undefined
}

function toSeconds(fields: Readonly<Record<string, string>>, now: number): number | undefined {
  const [day, hour, minute, second] = ['day', 'hour', 'minute', 'second'].map(name =>
    Number(fields[name]),
  ) as [number, number, number, number]
  // 60 is a leap second.
  if (hour > 23 || minute > 59 || second > 60) return undefined
  const month = MONTHS.indexOf(String(fields['month']))
  const year = String(fields['year'])

  function inYear(fullYear: number): number | undefined {
    const days = findStartOfDay(fullYear, month, day)
    return days === undefined ? undefined : days + hour * 3600 + minute * 60 + second
  }
  if (year.length === 4) return inYear(Number(year))
  const thisYear = new Date(now * 1000).getUTCFullYear()
  const century = thisYear - (thisYear % 100)
  const seconds = inYear(century + Number(year))
  // A date more than 50 years in the future means the most recent year in the past with the same two digits.
  const isTooFar =
    seconds !== undefined && seconds > new Date(now * 1000).setUTCFullYear(thisYear + 50) / 1000
  return isTooFar ? inYear(century - 100 + Number(year)) : seconds
}

/** Seconds since the epoch; undefined if the month does not have this day. */
function findStartOfDay(year: number, month: number, day: number): number | undefined {
  const date = new Date(0)
  date.setUTCFullYear(year, month, day)
  return date.getUTCDate() === day ? date.getTime() / 1000 : undefined
}
