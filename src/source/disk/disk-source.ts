/** Tracks as files below a directory: `{id}.{extension}`, the first extension that exists, or the paths that the app gives. */
import { cleanFileName } from '../../http/content-disposition'
import { toDate } from '../../http/http-date'
import type { ListedExtension } from '../../http/media-type'
import { BlockCache } from '../memory/block-cache'
import { DescriptorCache } from './descriptor-cache'
import type { DiskFile, FileLease } from './disk-file'
import { DiskTrack, representationAt } from './disk-track'
import { inTime } from './in-time'
import { createLocateFile, type FilePlace, type LocateFile } from './locate-file'
import { createTrackFiles, type TrackFilesOptions } from './track-files'
import { namesOfId, namesOfPath } from './track-names'
import type { Resolver } from '../resolver'
import {
  SourceError,
  type Cancellation,
  type Source,
  type TrackDescription,
  type TrackRequest,
} from '../source'
import type { MaybePromise } from '../track-source'

export type { EntityTagBasis } from './track-files'

export interface DiskSourceOptions extends TrackFilesOptions {
  /** In the order in which they are tried. */
  readonly extensions: readonly ListedExtension[]
  /** Undefined if files are named after ids. */
  readonly resolver?: Resolver | undefined
  /** Bytes of content that may be kept in memory; 0 for none. */
  readonly cacheBytes: number
  /** How many files may be kept open that nobody reads; 0 for none, and then no content either. */
  readonly cacheFiles: number
  /** Milliseconds, by a clock that nobody sets back; that of `performance` if undefined. */
  readonly now?: () => number
}

export interface DiskSource extends Source {
  /** Where the file of a request is; undefined if files are named after ids. */
  readonly locate: LocateFile | undefined
  /** Opens the file at a place that {@link locate} gave, or whose key is an id if there is no such method. */
  openPlace(place: FilePlace, cancellation: Cancellation): MaybePromise<DiskTrack | undefined>
}

export function createDiskSource(options: DiskSourceOptions): DiskSource {
  const { extensions, resolver, cacheBytes, cacheFiles, now = () => performance.now() } = options
  const locate = resolver && createLocateFile(resolver, extensions)
  const namesOf = resolver === undefined ? (id: string) => namesOfId(id, extensions) : namesOfPath
  const blocks = cacheBytes > 0 && cacheFiles > 0 ? new BlockCache(cacheBytes) : undefined
  const files = createTrackFiles(options, namesOf, blocks)
  const descriptors =
    cacheFiles > 0 ? new DescriptorCache(cacheFiles, { ...files, open: openFile }, now) : undefined

  async function openFile(key: string, cancellation: Cancellation): Promise<FileLease | undefined> {
    try {
      return await files.open(key, cancellation)
    } catch (error) {
      // The next request finds descriptors again if it was this cache that had them.
      if (isOutOfDescriptors(error)) descriptors?.clear()
      throw error
    }
  }

  function openKey(key: string, cancellation: Cancellation): MaybePromise<FileLease | undefined> {
    return descriptors === undefined ? openFile(key, cancellation) : descriptors.open(key, cancellation)
  }

  function openPlace(place: FilePlace, cancellation: Cancellation): MaybePromise<DiskTrack | undefined> {
    const lease = openKey(place.key, cancellation)
    if (lease instanceof Promise) return lease.then(opened => opened && new DiskTrack(opened, place))
    return lease && new DiskTrack(lease, place)
  }

  function open(request: TrackRequest, cancellation: Cancellation): MaybePromise<DiskTrack | undefined> {
    if (locate === undefined) {
      const lease = openKey(request.id, cancellation)
      return lease instanceof Promise ? lease.then(trackOf) : trackOf(lease)
    }
    const place = locate(request, cancellation)
    if (place instanceof Promise) return place.then(found => found && openPlace(found, cancellation))
    return place && openPlace(place, cancellation)
  }

  async function describe(
    request: TrackRequest,
    cancellation: Cancellation,
  ): Promise<TrackDescription | undefined> {
    const place = locate === undefined ? { key: request.id } : await locate(request, cancellation)
    if (place === undefined) return undefined
    const known = descriptors?.peek(place.key)
    if (known !== undefined && (await inTime(cancellation, () => files.leadsTo(place.key, known))))
      return describeFile(known, place)
    // Not kept: a list of a library must not displace the files in use.
    const lease = await openFile(place.key, cancellation)
    lease?.release()
    return lease && describeFile(lease.held, place)
  }

  return { directory: options.directory, locate, openPlace, open, describe }
}

function trackOf(lease: FileLease | undefined): DiskTrack | undefined {
  return lease && new DiskTrack(lease)
}

function describeFile(file: DiskFile, place: FilePlace): TrackDescription {
  const { size, mediaType, etag, lastModified, fileName } = representationAt(file, place)
  const ownName = file.name.slice(file.name.lastIndexOf('/') + 1)
  return {
    size,
    type: mediaType,
    etag,
    lastModified: toDate(lastModified),
    fileName: (fileName === undefined ? undefined : cleanFileName(fileName)) ?? ownName,
  }
}

function isOutOfDescriptors(error: unknown): boolean {
  const { code } = Object(error instanceof SourceError ? error.cause : undefined) as { code?: unknown }
  return code === 'EMFILE' || code === 'ENFILE'
}
