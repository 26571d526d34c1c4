/**
 * Pages of the list of tracks. The directory is read once for all who ask within a second, a page describes only the
 * tracks that are on it, and eight at a time: a list must leave the disk to the listeners.
 */
import type { StreamHandler, TrackDescription } from 'express-signed-stream'
import { shareWork } from './shared-work'
import { createSlots } from './slots'
import { indexAfter, readTrackIds } from './track-ids'

/** Which file an id means, by the code that serves it. */
export type DescribeTrack = StreamHandler['describe']

export interface Track extends TrackDescription {
  readonly id: string
}

export interface TrackPage {
  readonly tracks: readonly Track[]
  /** What `after` is of the next page; undefined on the last one. */
  readonly next: string | undefined
}

export interface PageRequest {
  /** The id that the page follows; undefined for the first page. */
  readonly after: string | undefined
  /** Ids that the page covers; fewer tracks if some have no file. */
  readonly limit: number
}

export interface TrackList {
  page(request: PageRequest, signal: AbortSignal): Promise<TrackPage>
}

/** Tracks that are described at a time, on all pages. */
const MAX_DESCRIBED = 8

export interface TrackListOptions {
  readonly directory: string
  readonly describeTrack: DescribeTrack
  /** @defaultValue reads the directory */
  readonly readIds?: (directory: string, signal: AbortSignal) => Promise<readonly string[]>
}

export function createTrackList({
  directory,
  describeTrack,
  readIds = readTrackIds,
}: TrackListOptions): TrackList {
  // Nothing is cheap to find again, and somebody may have put the first file there just now.
  const shareIds = shareWork((_key, signal) => readIds(directory, signal), { isKept: ids => ids.length > 0 })
  const sharePage = shareWork((key, signal) => readPage(JSON.parse(key) as [string | null, number], signal), {
    isKept: ({ tracks }) => tracks.length > 0,
  })
  const slots = createSlots(MAX_DESCRIBED)

  async function readPage([after, limit]: [string | null, number], signal: AbortSignal): Promise<TrackPage> {
    const ids = await shareIds('', signal)
    const start = after === null ? 0 : indexAfter(ids, after)
    const covered = ids.slice(start, start + limit)
    const tracks: (Track | undefined)[] = []
    const indices = covered.entries()
    /** Each takes the next id that none has taken: a page waits for eight slots at most. */
    async function describeNext(): Promise<void> {
      for (const [index, id] of indices) tracks[index] = await slots(() => describe(id, signal), signal)
    }
    await Promise.all(Array.from({ length: MAX_DESCRIBED }, describeNext))
    return {
      tracks: tracks.filter(track => track !== undefined),
      next: start + limit < ids.length ? covered.at(-1) : undefined,
    }
  }

  /** One file that the server may not read must not hide the others. */
  async function describe(id: string, signal: AbortSignal): Promise<Track | undefined> {
    const description = await describeTrack(id, { signal }).catch(() => undefined)
    return description && { id, ...description }
  }

  return {
    page: ({ after, limit }, signal) => sharePage(JSON.stringify([after ?? null, limit]), signal),
  }
}
