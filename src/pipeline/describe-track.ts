/** What the storage knows of a track, for apps: the refusals of the storage are coded as those of a stream. */
import type { Source, TrackDescription } from '../source/source'
import { isTrackId } from '../track-id'
import { toStreamError } from './refusal'

export type DescribeTrack = (
  id: string,
  options?: { readonly signal?: AbortSignal },
) => Promise<TrackDescription | undefined>

export function createDescribeTrack(source: Source): DescribeTrack {
  return async function describe(id, { signal } = {}) {
    if (!isTrackId(id)) return undefined
    try {
      return await source.describe(id, { signal: signal ?? new AbortController().signal })
    } catch (error) {
      throw toStreamError(error) ?? error
    }
  }
}
