/** Asks a source for the location of a track. */
import { isThenable } from '../../callbacks'
import type { CallContext } from '../call-context'
import type { MaybePromise, TrackLocation, TrackSource } from '../track-source'
import { readLocation } from './source-track'

/**
 * @returns undefined if there is no such track
 * @throws what the source throws, or WrongAnswer; thrown, or as a rejection
 */
export function locate(
  source: TrackSource,
  id: string,
  context: CallContext,
): MaybePromise<TrackLocation | undefined> {
  if (source.locate === undefined) return { key: id }
  const location = source.locate(id, context)
  return isThenable(location) ? Promise.resolve(location).then(readAnswer) : readAnswer(location)
}

/** JavaScript may say null for what does not exist. */
function readAnswer(location: TrackLocation | null | undefined): TrackLocation | undefined {
  return location === undefined || location === null ? undefined : readLocation(location)
}
