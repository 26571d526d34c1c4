/**
 * The list of tracks, in pages. So that lists leave the storage to the listeners, all requests within a second share one
 * listing of the library, and a page describes only its own tracks, at most eight at a time.
 */
import type { StreamHandler, TrackDescription } from 'express-signed-stream'
import { createShortCache } from '../work/short-cache'
import { createSlots } from '../work/slots'
import type { FileVersion } from './durations'
import type { Library, ListedTrack } from './library'

/** Finds the file of an id. The stream's own function, so that the list never differs from what is served. */
export type DescribeTrack = StreamHandler['describe']

export interface Track extends Pick<TrackDescription, 'size' | 'type'>, Pick<ListedTrack, 'id' | 'path'> {
  /** Where its duration can be read. */
  readonly file: FileVersion | undefined
}

export interface TrackPage {
  readonly tracks: readonly Track[]
  /** The `after` of the next page; undefined on the last one. */
  readonly next: string | undefined
  /** False if the library has more tracks than are listed on all pages. */
  readonly isComplete: boolean
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
  readonly library: Pick<Library, 'list' | 'freshFor' | 'fileOf'>
  readonly describeTrack: DescribeTrack
}

export function createTrackList({ library, describeTrack }: TrackListOptions): TrackList {
  // An empty result is not cached: it costs little, and the operator may add the first file at any moment.
  const cachedListing = createShortCache((_key, signal) => library.list(signal), {
    freshFor: library.freshFor,
    isKept: ({ length }) => length > 0,
  })
  const cachedPage = createShortCache(
    (key, signal) => readPage(JSON.parse(key) as [string | null, number], signal),
    { isKept: ({ tracks }) => tracks.length > 0 },
  )
  const slots = createSlots(MAX_DESCRIBED)

  async function readPage([after, limit]: [string | null, number], signal: AbortSignal): Promise<TrackPage> {
    const listing = await cachedListing('', signal)
    const start = after === null ? 0 : listing.indexAfter(after)
    const covered = listing.slice(start, start + limit)
    const tracks: (Track | undefined)[] = []
    const indices = covered.entries()
    /** One of eight workers that share the tracks: a page never waits for more than eight slots. */
    async function describeNext(): Promise<void> {
      for (const [index, track] of indices) tracks[index] = await describe(track, signal)
    }
    await Promise.all(Array.from({ length: MAX_DESCRIBED }, describeNext))
    return {
      tracks: tracks.filter(track => track !== undefined),
      next: start + limit < listing.length ? covered.at(-1)?.id : undefined,
      isComplete: listing.isComplete,
    }
  }

  /** A file that cannot be read is left out, and does not hide the others. */
  async function describe(listed: ListedTrack, signal: AbortSignal): Promise<Track | undefined> {
    const { id, path, description: known } = listed
    if (known !== undefined) return { id, path, size: known.size, type: known.type, file: undefined }
    const description = await slots(() => describeTrack(id, { signal }).catch(() => undefined), signal)
    if (description === undefined) return undefined
    const { size, type } = description
    return { id, path, size, type, file: library.fileOf(listed, description) }
  }

  return {
    page: ({ after, limit }, signal) => cachedPage(JSON.stringify([after ?? null, limit]), signal),
  }
}
