/** Durations as people write them, in whole seconds. */
import ms, { type StringValue } from 'ms'

/**
 * Stricter than `ms`: lower case only, because `1M` may mean a month; no years, which `ms` counts as 365.25 days; no
 * negative numbers and no fractions.
 */
const DURATION = /^(\d{1,10}) ?(s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?|d|days?|w|weeks?)$/

/** A number without a unit is seconds, as in `expires`. `ms` would read milliseconds. */
const SECONDS = /^\d{1,10}$/

/** @returns seconds; undefined for what is no duration */
export function parseDuration(text: string): number | undefined {
  if (SECONDS.test(text)) return Number(text)
  const [, count, unit] = DURATION.exec(text) ?? []
  return count === undefined || unit === undefined ? undefined : ms(`${count}${unit}` as StringValue) / 1000
}
