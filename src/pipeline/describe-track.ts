/** What the storage knows of a track, for apps: the refusals of the storage are coded as those of a stream. */
import type { Grant } from '../signing/authenticate-link'
import type { Source, TrackDescription } from '../source/source'
import { isTrackId } from '../track-id'
import { toStreamError } from './refusal'

export interface DescribeOptions {
  readonly signal?: AbortSignal | undefined
  /** For a resolver that looks at it. */
  readonly grant?: Grant | undefined
}

export type DescribeTrack = (id: string, options?: DescribeOptions) => Promise<TrackDescription | undefined>

export function createDescribeTrack(source: Source): DescribeTrack {
  return async function describe(id, { signal, grant } = {}) {
    if (!isTrackId(id)) return undefined
    try {
      return await source.describe(
        { id, grant, range: undefined, startedAt: performance.now() },
        { signal: signal ?? new AbortController().signal },
      )
    } catch (error) {
      throw toStreamError(error) ?? error
    }
  }
}
