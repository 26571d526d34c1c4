/** What a source says of itself, with the defaults filled in. */
import { describe, LONGEST_TIMER } from '../../option-rules'
import { optionError } from '../../options'
import type { SourceTimeouts, TrackSource } from '../track-source'

/** All in milliseconds. */
export interface SourceSettings {
  readonly trustFor: number
  readonly limits: SourceLimits
}

export type SourceLimits = { readonly [Name in keyof SourceTimeouts]-?: number }

/** @throws RangeError that names what is wrong: a timer with an infinite delay ends at once */
export function readSourceSettings({ trustFor = 10_000, timeouts = {} }: TrackSource): SourceSettings {
  if (Object(timeouts) !== timeouts) throw wrong('timeouts', 'must be an object', timeouts)
  const { firstByte = 2000, idle = 5000, total = 8000 } = timeouts
  if (!(trustFor >= 0)) throw wrong('trustFor', 'must be 0 or more milliseconds', trustFor)
  for (const [name, value] of Object.entries({ firstByte, idle, total })) {
    if (!(value > 0 && value <= LONGEST_TIMER)) {
      throw wrong(`timeouts.${name}`, `must be more than 0 and at most ${LONGEST_TIMER} milliseconds`, value)
    }
  }
  return { trustFor, limits: { firstByte, idle, total } }
}

function wrong(option: string, rule: string, value: unknown): RangeError {
  return optionError(RangeError, 'use source', option, `${rule}, got ${describe(value)}`)
}
