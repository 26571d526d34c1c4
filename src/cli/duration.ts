/** Durations, in whole seconds. */
import ms from 'ms'
import { parseDuration } from '../signing/duration'
import { UsageError } from './usage-error'

/** @throws UsageError that names `option` */
export function readDuration(option: string, text: string): number {
  const seconds = parseDuration(text)
  if (seconds !== undefined) return seconds
  throw new UsageError(
    `${option} must be a number with s, m, h, d or w, such as 90m, or seconds, got ${JSON.stringify(text)}`,
  )
}

/** Such as `3 minutes`, rounded to the largest unit of which there is at least one. */
export function formatDuration(seconds: number): string {
  return seconds === 0 ? '0 seconds' : ms(seconds * 1000, { long: true })
}
