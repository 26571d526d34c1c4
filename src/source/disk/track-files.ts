/** Finds the file of an id or a path in a directory, opens it, and describes the version that it finds. */
import { stat } from 'node:fs/promises'
import type { BigIntStats } from 'node:fs'
import { join } from 'node:path'
import type { Representation } from '../../http/representation'
import type { BlockCache } from '../memory/block-cache'
import { FileBlocks } from '../memory/file-blocks'
import { assertAbsent } from './assert-absent'
import { ContentTagger } from './content-tag'
import type { FileFinder } from './descriptor-cache'
import { DiskFile, type FileLease } from './disk-file'
import { isSameVersion } from './file-state'
import { fileTurns } from './file-turns'
import { FileVersion } from './file-version'
import { inTime, whileItMoves } from './in-time'
import { FirstName } from './open-first'
import { closeFile, openInside, type OpenedFile } from './open-inside'
import { settledStats } from './settled-stats'
import { isRealTime, isTimeOfWriting } from './time-of-writing'
import type { TrackName } from './track-names'
import type { Cancellation } from '../source'

/**
 * What an entity tag is made of: size and time of modification, equal on every replica that keeps times, or a hash
 * of the content. The hash also replaces a time that does not distinguish one content from another.
 */
export type EntityTagBasis = 'stat' | 'content'

export interface TrackFilesOptions {
  /** Absolute. */
  readonly directory: string
  /** Absolute; none if undefined. */
  readonly linksInto?: readonly string[] | undefined
  readonly entityTag: EntityTagBasis
  /** Whether files may grow while they are read; undefined if not. */
  readonly growing?: boolean | undefined
}

/** A file that was opened by one of its names. */
type NamedFile = OpenedFile & TrackName

/** Of a file that only a resolver can name, by which a response has another type. */
const UNKNOWN_TYPE = 'application/octet-stream'

/**
 * @param namesOf lists the files that a key may stand for, in the order in which they are tried
 * @param cache undefined if nothing is kept in memory
 */
export function createTrackFiles(
  { directory, linksInto = [], entityTag, growing = false }: TrackFilesOptions,
  namesOf: (key: string) => readonly TrackName[],
  cache: BlockCache | undefined,
): FileFinder {
  const confines = { directory, linksInto }
  const tagger = new ContentTagger()
  const firstName = new FirstName(closeUnused)

  async function open(key: string, cancellation: Cancellation): Promise<FileLease | undefined> {
    const names = namesOf(key)
    const found = await inTime(
      cancellation,
      signal => firstName.open(names, name => openName(name, signal)),
      closeUnused,
    )
    if (found !== undefined) {
      return whileItMoves(
        cancellation,
        waiting => describeOpened(found, waiting),
        () => tagger.progress,
        lease => {
          lease.release()
        },
      )
    }
    const paths = names.map(({ name }) => name)
    await inTime(cancellation, signal => fileTurns().run('open', () => assertAbsent(confines, paths), signal))
    return undefined
  }

  async function leadsTo(key: string, { name, stats: before }: DiskFile): Promise<boolean> {
    const names = namesOf(key).map(each => each.name)
    const found = await Promise.all(
      names
        .slice(0, names.indexOf(name) + 1)
        .map(each => stat(join(directory, each), { bigint: true }).catch(() => undefined)),
    )
    const after = found.pop()
    return (
      after !== undefined && isSameVersion(before, after) && found.every(stats => stats?.isFile() !== true)
    )
  }

  async function openName(name: TrackName, signal: AbortSignal): Promise<NamedFile | undefined> {
    const opened = await fileTurns().run('open', () => openInside(confines, name.name), signal)
    return opened && { ...opened, ...name }
  }

  async function describeOpened(
    { name, mediaType = UNKNOWN_TYPE, ...opened }: NamedFile,
    cancellation: Cancellation,
  ): Promise<FileLease> {
    const { fd, isDirect } = opened
    try {
      // A file that grows has another size after each change, so that its state distinguishes its versions.
      const stats = growing ? opened.stats : await settledStats(opened)
      const isTaggedByStat = growing || (entityTag === 'stat' && isTimeOfWriting(stats))
      const etag = isTaggedByStat ? makeStatTag(stats) : await tagger.tag(fd, stats, cancellation)
      return DiskFile.take({
        fd,
        name,
        isDirect,
        version: new FileVersion(stats, etag, isTaggedByStat ? undefined : tagAgain, growing),
        representation: describe(stats, mediaType, etag),
        blocks: cache && new FileBlocks(cache),
      })
    } catch (error) {
      await closeFile(fd)
      throw error
    }
  }

  /** Cannot be aborted: responses in progress depend on it. */
  function tagAgain(fd: number, stats: BigIntStats): Promise<string> {
    return tagger.tag(fd, stats, new AbortController())
  }

  return { open, leadsTo }
}

function closeUnused(file: NamedFile | undefined): void {
  if (file !== undefined) void closeFile(file.fd)
}

function describe(stats: BigIntStats, mediaType: string, etag: string): Representation {
  return {
    size: Number(stats.size),
    mediaType,
    etag,
    lastModified: isRealTime(stats) ? Number(stats.mtimeNs / 1_000_000_000n) : undefined,
  }
}

function makeStatTag({ size, mtimeNs }: BigIntStats): string {
  return `"${size.toString(36)}-${mtimeNs.toString(36)}"`
}
