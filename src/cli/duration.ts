/** Durations, in whole seconds. */
import ms, { type StringValue } from 'ms'
import { UsageError } from './usage-error'

/**
 * Stricter than `ms`: lower case only, because `1M` may mean a month; no years, which `ms` counts as 365.25 days; no
 * negative numbers and no fractions.
 */
const DURATION = /^(\d{1,10}) ?(s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?|d|days?|w|weeks?)$/

/** A number without a unit is seconds, as in `expires`. `ms` would read milliseconds. */
const SECONDS = /^\d{1,10}$/

/** @throws UsageError that names `option` */
export function readDuration(option: string, text: string): number {
  if (SECONDS.test(text)) return Number(text)
  const [, count, unit] = DURATION.exec(text) ?? []
  if (count === undefined || unit === undefined) {
    throw new UsageError(
      `${option} must be a number with s, m, h, d or w, such as 90m, or seconds, got ${JSON.stringify(text)}`,
    )
  }
  return ms(`${count}${unit}` as StringValue) / 1000
}

/** Such as `3 minutes`, rounded to the largest unit of which there is at least one. */
export function formatDuration(seconds: number): string {
  return seconds === 0 ? '0 seconds' : ms(seconds * 1000, { long: true })
}
