/** A library of tracks: what the stream serves them from, and how they are listed. One file beside this for each kind. */
import type { StreamHandlerOptions, TrackDescription } from 'express-signed-stream'
import type { LibrarySettings } from '../settings/library-settings'
import type { FileVersion } from './durations'

/** A track, as far as a listing knows it. */
export interface ListedTrack {
  readonly id: string
  /** In a tree of folders, with `/` between its segments; undefined in a flat directory. */
  readonly path: string | undefined
  /** Undefined if the listing does not say it: then the stream describes the track. */
  readonly description: Pick<TrackDescription, 'size' | 'type'> | undefined
}

/** The tracks of a library in the order in which they are shown. Made once, and then read page by page. */
export interface Listing {
  readonly length: number
  /** False if the library has more tracks than a listing takes. */
  readonly isComplete: boolean
  /** The index of the first track that follows `id`, which need not be listed any more. */
  indexAfter(id: string): number
  slice(start: number, end: number): readonly ListedTrack[]
}

export interface Library {
  readonly kind: LibrarySettings['kind']
  /** For people: a directory, or `s3://bucket/prefix`. */
  readonly place: string
  /** Where the stream finds its tracks. */
  readonly origin: Pick<StreamHandlerOptions, 'dir' | 'resolve' | 'source'>
  /** Milliseconds for which clients share one listing. */
  readonly freshFor: number
  list(signal: AbortSignal): Promise<Listing>
  /** Where a duration can be read; undefined if that costs a request to another machine. */
  fileOf(track: ListedTrack, description: TrackDescription): FileVersion | undefined
  /** Whether tracks can be read at the moment; undefined if that cannot be found out. */
  readonly look: () => Promise<boolean | undefined>
  close(): void
}
