/** Tracks as files of one directory: `{id}.{extension}`, the first extension that exists. */
import type { BigIntStats } from 'node:fs'
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { mediaTypeOf, type AudioExtension } from '../../http/media-type'
import { BlockCache } from '../memory/block-cache'
import { createContentTagger } from './content-tag'
import { DescriptorCache } from './descriptor-cache'
import { DiskFile } from './disk-file'
import { compareStats } from './file-state'
import { assertDirectory, closeFile, openInside } from './open-inside'
import { settledStats } from './settled-stats'
import { SourceFault, type Cancellation, type Source, type TrackDescription } from '../source'

/**
 * What an entity tag is made of: size and time of modification, equal on every replica that keeps times, or a hash
 * of the content. The hash also stands in for a time that does not tell one content from another.
 */
export type EntityTagBasis = 'stat' | 'content'

export interface DiskSourceOptions {
  /** Absolute. */
  readonly directory: string
  readonly extensions: readonly AudioExtension[]
  readonly entityTag: EntityTagBasis
  /** Bytes of content that may be kept in memory; 0 for none. */
  readonly cacheBytes: number
  /** How many files may be kept open that nobody reads; 0 for none. */
  readonly cacheFiles: number
}

/** Before 1980-01-02, in nanoseconds: archives and images that know no time write 0, 1 s, or the first of January 1980. */
const FIRST_REAL_TIME = 315_619_200_000_000_000n

/** npm writes it into every package: 1985-10-26T08:15:00Z. */
const NPM_TIME = 499_162_500_000_000_000n

export function createDiskSource(options: DiskSourceOptions): Source {
  const { directory, extensions, entityTag, cacheBytes, cacheFiles } = options
  const tagContent = createContentTagger()
  const blocks = cacheBytes > 0 && cacheFiles > 0 ? new BlockCache(cacheBytes) : undefined
  const descriptors = cacheFiles > 0 ? new DescriptorCache(cacheFiles, look) : undefined

  async function look(
    id: string,
    known: DiskFile | undefined,
    cancellation: Cancellation,
  ): Promise<DiskFile | undefined> {
    if (known !== undefined && (await isUnmoved(id, known))) return known
    for (const { name, extension } of namesOf(id)) {
      const file = await openFile(name, extension, cancellation)
      if (file !== undefined) return file
    }
    await assertDirectory(directory)
    return undefined
  }

  /** The names that are tried, in this order: the id as it is signed, then in the other forms of Unicode. */
  function namesOf(id: string): { readonly name: string; readonly extension: AudioExtension }[] {
    return normalForms(id).flatMap(form =>
      extensions.map(extension => ({ name: `${form}.${extension}`, extension })),
    )
  }

  /** Whether its name leads to `known` still, and no name that is tried before it leads anywhere. */
  async function isUnmoved(id: string, { name, stats: before }: DiskFile): Promise<boolean> {
    const names = namesOf(id).map(each => each.name)
    const found = await Promise.all(
      names
        .slice(0, names.indexOf(name) + 1)
        .map(each => stat(join(directory, each), { bigint: true }).catch(() => undefined)),
    )
    const after = found.pop()
    return after !== undefined && isSameVersion(before, after) && found.every(stats => stats === undefined)
  }

  async function openFile(
    name: string,
    extension: AudioExtension,
    cancellation: Cancellation,
  ): Promise<DiskFile | undefined> {
    const opened = await openInside(directory, name).catch(makeRoom)
    if (opened === undefined) return undefined
    const { fd } = opened
    try {
      const stats = await settledStats(opened)
      const isTagged = entityTag === 'stat' && isTimeOfWriting(stats)
      const etag = isTagged ? statTag(stats) : await tagContent(fd, stats, cancellation)
      const lastModified = isRealTime(stats) ? Number(stats.mtimeNs / 1_000_000_000n) : undefined
      const representation = {
        size: Number(stats.size),
        mediaType: mediaTypeOf(extension),
        etag,
        lastModified,
      }
      const retag = isTagged ? undefined : tagAgain
      return new DiskFile(fd, name, stats, representation, retag, blocks)
    } catch (error) {
      await closeFile(fd)
      throw error
    }
  }

  /** For the sake of a response in progress, which nothing aborts but its own end. */
  function tagAgain(fd: number, stats: BigIntStats): Promise<string> {
    return tagContent(fd, stats, new AbortController())
  }

  /** The next request finds descriptors again, where it is we who kept them. */
  function makeRoom(error: unknown): never {
    const { code } = Object(error instanceof SourceFault ? error.cause : error) as { code?: unknown }
    if (code === 'EMFILE' || code === 'ENFILE') descriptors?.clear()
    throw error
  }

  async function openOnce(id: string, cancellation: Cancellation): Promise<ReturnType<DiskFile['track']>> {
    const file = await look(id, undefined, cancellation)
    const track = file?.track()
    file?.release()
    return track
  }

  async function describe(id: string, cancellation: Cancellation): Promise<TrackDescription | undefined> {
    const known = descriptors?.peek(id)
    if (known !== undefined && (await isUnmoved(id, known))) return known.describe()
    // Not kept: a list of a library must not drive out the files in use.
    const file = await look(id, undefined, cancellation)
    file?.release()
    return file?.describe()
  }

  return {
    open: (id, cancellation) =>
      descriptors === undefined ? openOnce(id, cancellation) : descriptors.open(id, cancellation),
    describe,
  }
}

/** macOS writes names decomposed (NFD), other systems as they are typed, mostly composed (NFC). */
function normalForms(id: string): readonly string[] {
  // eslint-disable-next-line no-control-regex -- ASCII has one form only
  if (/^[\x00-\x7f]*$/.test(id)) return [id]
  return Array.from(new Set([id, id.normalize('NFC'), id.normalize('NFD')]))
}

/** Whether two looks by name found one file with one content, as far as stat can tell. */
function isSameVersion(before: BigIntStats, after: BigIntStats): boolean {
  if (before.ino !== after.ino || before.dev !== after.dev) return false
  const movement = compareStats(before, after)
  return movement === 'none' || movement === 'attributes'
}

function statTag({ size, mtimeNs }: BigIntStats): string {
  return `"${size.toString(36)}-${mtimeNs.toString(36)}"`
}

/** Whether the time can be that of an event in the life of the content. */
function isRealTime({ mtimeNs }: BigIntStats): boolean {
  return mtimeNs >= FIRST_REAL_TIME && mtimeNs !== NPM_TIME
}

/**
 * Whether the system wrote the time when the content was written. A time of whole microseconds, or one that a double of
 * seconds holds, was set by a tool (archives keep seconds, builds fix them), or comes from a coarse file system: two
 * contents may share it. A few of the system's own times look so too, which costs those files a hash.
 */
function isTimeOfWriting(stats: BigIntStats): boolean {
  return isRealTime(stats) && stats.mtimeNs % 1000n !== 0n && !isDoubleOfSeconds(stats.mtimeNs)
}

/** Today's seconds leave a double a resolution of 238 ns, which Node and Python write to the last digit. */
function isDoubleOfSeconds(nanoseconds: bigint): boolean {
  const seconds = Number(nanoseconds / 1_000_000_000n)
  const fraction = Number(nanoseconds % 1_000_000_000n)
  const nearest = (seconds + fraction / 1e9 - seconds) * 1e9
  return Math.floor(nearest) === fraction || Math.round(nearest) === fraction
}
