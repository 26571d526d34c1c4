/** Points in time, in seconds since the epoch. */
import { MAX_SECONDS } from '../clock'
import { formatDuration } from './duration'
import { UsageError } from './usage-error'

/** A time needs a zone: without one it would be another time on another machine. */
const DATE = /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d)?(?:Z|[+-]\d\d:\d\d))?$/

/** The last second that a `Date` can represent. */
const LAST_DATE = 8.64e12

/** @throws UsageError that names `option` */
export function readTime(option: string, text: string): number {
  if (/^\d{1,16}$/.test(text)) {
    if (Number(text) <= MAX_SECONDS) return Number(text)
    throw new UsageError(`${option} must be seconds since the epoch, got ${text}: are these milliseconds?`)
  }
  const milliseconds = DATE.test(text) && isDay(text.slice(0, 10)) ? Date.parse(text) : NaN
  if (milliseconds / 1000 > MAX_SECONDS)
    throw new UsageError(`${option} must be before the year 5138, got ${text}`)
  if (Number.isNaN(milliseconds)) {
    throw new UsageError(
      `${option} must be seconds since the epoch or a date such as 2030-01-31T18:00:00Z, got ${JSON.stringify(text)}`,
    )
  }
  return milliseconds / 1000
}

/** `Date.parse` reads February 30th as March 2nd. */
function isDay(day: string): boolean {
  const date = new Date(day)
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(day)
}

/** Such as `2030-01-31T18:00:00Z`; undefined if a `Date` cannot represent it. */
export function formatDate(seconds: number): string | undefined {
  return Math.abs(seconds) > LAST_DATE
    ? undefined
    : new Date(seconds * 1000).toISOString().replace('.000Z', 'Z')
}

/** Such as `2030-01-31T18:00:00Z, in 3 minutes`. */
export function formatTime(seconds: number, now: number): string {
  const date = formatDate(seconds)
  if (date === undefined) return 'a date after the year 275000'
  const distance = Math.round(seconds - now)
  if (distance === 0) return `${date}, now`
  return distance < 0
    ? `${date}, ${formatDuration(-distance)} ago`
    : `${date}, in ${formatDuration(distance)}`
}
