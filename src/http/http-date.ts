/** HTTP dates, in whole seconds since the epoch (RFC 9110, section 5.6.7). One format is written, three are read. */

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
const MONTH = MONTHS.join('|')
const DAY = 'Mon|Tue|Wed|Thu|Fri|Sat|Sun'
const LONG_DAY = 'Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday'
const TIME = String.raw`(?<hour>\d\d):(?<minute>\d\d):(?<second>\d\d)`

const FORMATS = [
  String.raw`(?:${DAY}), (?<day>\d\d) (?<month>${MONTH}) (?<year>\d{4}) ${TIME} GMT`,
  String.raw`(?:${LONG_DAY}), (?<day>\d\d)-(?<month>${MONTH})-(?<year>\d\d) ${TIME} GMT`,
  String.raw`(?:${DAY}) (?<month>${MONTH}) (?<day>\d\d| \d) ${TIME} (?<year>\d{4})`,
].map(format => new RegExp(`^${format}$`))

/** `seconds` as an IMF-fixdate. */
export function formatHttpDate(seconds: number): string {
  return new Date(seconds * 1000).toUTCString()
}

/**
 * The seconds that `text` stands for; undefined where it is no HTTP date.
 *
 * @param now seconds since the epoch, by which a year of two digits is understood
 */
export function parseHttpDate(text: string, now: number): number | undefined {
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
  const month = MONTHS.indexOf(fields['month'] ?? '')
  const digits = fields['year'] ?? ''
  const year = digits.length === 2 ? fullYear(Number(digits), now) : Number(digits)
  // 60 is a leap second; the day is checked by whether it survives the calendar.
  if (hour > 23 || minute > 59 || second > 60) return undefined
  const date = new Date(0)
  date.setUTCFullYear(year, month, day)
  if (date.getUTCDate() !== day || date.getUTCMonth() !== month) return undefined
  return Math.floor(date.getTime() / 1000) + hour * 3600 + minute * 60 + second
}

/** More than 50 years ahead means the last year in the past with these digits. */
function fullYear(digits: number, now: number): number {
  const thisYear = new Date(now * 1000).getUTCFullYear()
  const year = thisYear - (thisYear % 100) + digits
  return year > thisYear + 50 ? year - 100 : year
}
