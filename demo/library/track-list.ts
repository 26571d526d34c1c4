/**
 * The list of tracks, in pages. So that lists leave the disk to the listeners, all requests within a second share one
 * read of the directory, and a page describes only its own tracks, at most eight at a time.
 */
import type { StreamHandler, TrackDescription } from 'express-signed-stream'
import { createShortCache } from '../work/short-cache'
import { createSlots } from '../work/slots'
import { indexAfter, readTrackIds } from './track-ids'

/** Finds the file of an id. The stream's own function, so that the list never differs from what is served. */
export type DescribeTrack = StreamHandler['describe']

export interface Track extends TrackDescription {
  readonly id: string
}

export interface TrackPage {
  readonly tracks: readonly Track[]
  /** The `after` of the next page; undefined on the last one. */
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

/** Tracks that are described at a time, for all pages together. */
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
  // An empty result is not cached: it costs little, and the operator may add the first file at any moment.
  const cachedIds = createShortCache((_key, signal) => readIds(directory, signal), {
    isKept: ids => ids.length > 0,
  })
  const cachedPage = createShortCache(
    (key, signal) => readPage(JSON.parse(key) as [string | null, number], signal),
    { isKept: ({ tracks }) => tracks.length > 0 },
  )
  const slots = createSlots(MAX_DESCRIBED)

  async function readPage([after, limit]: [string | null, number], signal: AbortSignal): Promise<TrackPage> {
    const ids = await cachedIds('', signal)
    const start = after === null ? 0 : indexAfter(ids, after)
    const covered = ids.slice(start, start + limit)
    const tracks: (Track | undefined)[] = []
    const indices = covered.entries()
    /** One of eight workers that share the ids: a page never waits for more than eight slots. */
    async function describeNext(): Promise<void> {
      for (const [index, id] of indices) tracks[index] = await slots(() => describe(id, signal), signal)
    }
    await Promise.all(Array.from({ length: MAX_DESCRIBED }, describeNext))
    return {
      tracks: tracks.filter(track => track !== undefined),
      next: start + limit < ids.length ? covered.at(-1) : undefined,
    }
  }

  /** A file that cannot be read is left out, and does not hide the others. */
  async function describe(id: string, signal: AbortSignal): Promise<Track | undefined> {
    const description = await describeTrack(id, { signal }).catch(() => undefined)
    return description && { id, ...description }
  }

  return {
    page: ({ after, limit }, signal) => cachedPage(JSON.stringify([after ?? null, limit]), signal),
  }
}
