/** Finds the file of an id in a directory, opens it, and describes the version that it finds. */
import { stat } from 'node:fs/promises'
import type { BigIntStats } from 'node:fs'
import { join } from 'node:path'
import { mediaTypeOf, type ListedExtension } from '../../http/media-type'
import type { Representation } from '../../http/representation'
import type { BlockCache } from '../memory/block-cache'
import { FileBlocks } from '../memory/file-blocks'
import { createContentTagger } from './content-tag'
import type { FileFinder } from './descriptor-cache'
import { DiskFile, type FileLease } from './disk-file'
import { isSameVersion } from './file-state'
import { FileVersion } from './file-version'
import { assertDirectory, closeFile, openInside } from './open-inside'
import { settledStats } from './settled-stats'
import { isRealTime, isTimeOfWriting } from './time-of-writing'
import { listTrackNames, type TrackName } from './track-names'
import type { Cancellation } from '../source'

/**
 * What an entity tag is made of: size and time of modification, equal on every replica that keeps times, or a hash
 * of the content. The hash also replaces a time that does not distinguish one content from another.
 */
export type EntityTagBasis = 'stat' | 'content'

export interface TrackFilesOptions {
  /** Absolute. */
  readonly directory: string
  /** In the order in which they are tried. */
  readonly extensions: readonly ListedExtension[]
  readonly entityTag: EntityTagBasis
}

/** @param cache undefined if nothing is kept in memory */
export function createTrackFiles(options: TrackFilesOptions, cache: BlockCache | undefined): FileFinder {
  const { directory, extensions, entityTag } = options
  const tagContent = createContentTagger()

  async function open(id: string, cancellation: Cancellation): Promise<FileLease | undefined> {
    for (const name of listTrackNames(id, extensions)) {
      const lease = await openName(name, cancellation)
      if (lease !== undefined) return lease
    }
    await assertDirectory(directory)
    return undefined
  }

  async function leadsTo(id: string, { name, stats: before }: DiskFile): Promise<boolean> {
    const names = listTrackNames(id, extensions).map(each => each.name)
    const found = await Promise.all(
      names
        .slice(0, names.indexOf(name) + 1)
        .map(each => stat(join(directory, each), { bigint: true }).catch(() => undefined)),
    )
    const after = found.pop()
    return after !== undefined && isSameVersion(before, after) && found.every(stats => stats === undefined)
  }

  async function openName(
    { name, extension }: TrackName,
    cancellation: Cancellation,
  ): Promise<FileLease | undefined> {
    const opened = await openInside(directory, name)
    if (opened === undefined) return undefined
    const { fd } = opened
    try {
      const stats = await settledStats(opened)
      const isTaggedByStat = entityTag === 'stat' && isTimeOfWriting(stats)
      const etag = isTaggedByStat ? makeStatTag(stats) : await tagContent(fd, stats, cancellation)
      return DiskFile.take({
        fd,
        name,
        version: new FileVersion(stats, etag, isTaggedByStat ? undefined : tagAgain),
        representation: describe(stats, extension, etag),
        blocks: cache && new FileBlocks(cache),
      })
    } catch (error) {
      await closeFile(fd)
      throw error
    }
  }

  /** Cannot be aborted: responses in progress depend on it. */
  function tagAgain(fd: number, stats: BigIntStats): Promise<string> {
    return tagContent(fd, stats, new AbortController())
  }

  return { open, leadsTo }
}

function describe(stats: BigIntStats, extension: ListedExtension, etag: string): Representation {
  return {
    size: Number(stats.size),
    mediaType: mediaTypeOf(extension.toLowerCase() as Lowercase<ListedExtension>),
    etag,
    lastModified: isRealTime(stats) ? Number(stats.mtimeNs / 1_000_000_000n) : undefined,
  }
}

function makeStatTag({ size, mtimeNs }: BigIntStats): string {
  return `"${size.toString(36)}-${mtimeNs.toString(36)}"`
}
