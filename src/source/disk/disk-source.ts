/** Tracks as files of one directory: `{id}.{extension}`, the first extension that exists. */
import { BlockCache } from '../memory/block-cache'
import { DescriptorCache } from './descriptor-cache'
import type { DiskFile, FileLease } from './disk-file'
import { DiskTrack } from './disk-track'
import { createTrackFiles, type TrackFilesOptions } from './track-files'
import {
  SourceError,
  type Cancellation,
  type OpenTrack,
  type Source,
  type TrackDescription,
  type TrackRequest,
} from '../source'

export type { EntityTagBasis } from './track-files'

export interface DiskSourceOptions extends TrackFilesOptions {
  /** Bytes of content that may be kept in memory; 0 for none. */
  readonly cacheBytes: number
  /** How many files may be kept open that nobody reads; 0 for none, and then no content either. */
  readonly cacheFiles: number
  /** Milliseconds, by a clock that nobody sets back; that of `performance` if undefined. */
  readonly now?: () => number
}

export function createDiskSource(options: DiskSourceOptions): Source {
  const { cacheBytes, cacheFiles, now = () => performance.now() } = options
  const blocks = cacheBytes > 0 && cacheFiles > 0 ? new BlockCache(cacheBytes) : undefined
  const files = createTrackFiles(options, blocks)
  const descriptors =
    cacheFiles > 0 ? new DescriptorCache(cacheFiles, { ...files, open: openFile }, now) : undefined

  async function openFile(id: string, cancellation: Cancellation): Promise<FileLease | undefined> {
    try {
      return await files.open(id, cancellation)
    } catch (error) {
      // The next request finds descriptors again if it was this cache that had them.
      if (isOutOfDescriptors(error)) descriptors?.clear()
      throw error
    }
  }

  function open(
    { id }: TrackRequest,
    cancellation: Cancellation,
  ): OpenTrack | undefined | Promise<OpenTrack | undefined> {
    const lease = descriptors === undefined ? openFile(id, cancellation) : descriptors.open(id, cancellation)
    return lease instanceof Promise ? lease.then(trackOf) : trackOf(lease)
  }

  async function describe(
    { id }: TrackRequest,
    cancellation: Cancellation,
  ): Promise<TrackDescription | undefined> {
    const known = descriptors?.peek(id)
    if (known !== undefined && (await files.leadsTo(id, known))) return describeFile(known)
    // Not kept: a list of a library must not displace the files in use.
    const lease = await openFile(id, cancellation)
    lease?.release()
    return lease && describeFile(lease.held)
  }

  return { open, describe }
}

function trackOf(lease: FileLease | undefined): OpenTrack | undefined {
  return lease && new DiskTrack(lease)
}

function describeFile({ name, representation }: DiskFile): TrackDescription {
  const { size, mediaType, etag, lastModified } = representation
  return {
    size,
    type: mediaType,
    etag,
    lastModified: lastModified === undefined ? undefined : new Date(lastModified * 1000),
    fileName: name,
  }
}

function isOutOfDescriptors(error: unknown): boolean {
  const { code } = Object(error instanceof SourceError ? error.cause : undefined) as { code?: unknown }
  return code === 'EMFILE' || code === 'ENFILE'
}
