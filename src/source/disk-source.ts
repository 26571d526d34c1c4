/** Tracks as files of one directory: `{id}.{extension}`, the first extension that exists. */
import type { BigIntStats } from 'node:fs'
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { mediaTypeOf, type AudioExtension } from '../http/media-type'
import { BlockCache } from './block-cache'
import { createContentTagger } from './content-tag'
import { DescriptorCache } from './descriptor-cache'
import { DiskFile } from './disk-file'
import { assertDirectory, closeFile, openInside } from './open-inside'
import { settledStats } from './settled-stats'
import { SourceFault, type Source } from './source'

/**
 * What an entity tag is made of: size and time of modification, equal on every replica that keeps times, or a hash
 * of the content.
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

/** Times that tools write who have none, in nanoseconds: 0 and 1 s. */
const MEANINGLESS_BELOW = 2_000_000_000n

export function createDiskSource(options: DiskSourceOptions): Source {
  const { directory, extensions, entityTag, cacheBytes, cacheFiles } = options
  const tagContent = createContentTagger()
  const blocks = cacheBytes > 0 && cacheFiles > 0 ? new BlockCache(cacheBytes) : undefined
  const descriptors = cacheFiles > 0 ? new DescriptorCache(cacheFiles, look) : undefined

  async function look(id: string, known: DiskFile | undefined): Promise<DiskFile | undefined> {
    if (known !== undefined && (await isUnmoved(id, known))) return known
    for (const extension of extensions) {
      const file = await openFile(`${id}.${extension}`, extension)
      if (file !== undefined) return file
    }
    await assertDirectory(directory)
    return undefined
  }

  /** Whether its name leads to `known` still, and no name that is tried before it leads anywhere. */
  async function isUnmoved(id: string, { extension, stats: before }: DiskFile): Promise<boolean> {
    const tried = extensions.slice(0, extensions.indexOf(extension) + 1)
    const found = await Promise.all(
      tried.map(each => stat(join(directory, `${id}.${each}`), { bigint: true }).catch(() => undefined)),
    )
    const after = found.pop()
    return after !== undefined && describesSame(before, after) && found.every(stats => stats === undefined)
  }

  async function openFile(name: string, extension: AudioExtension): Promise<DiskFile | undefined> {
    const opened = await openInside(directory, name).catch(makeRoom)
    if (opened === undefined) return undefined
    const { fd } = opened
    try {
      const stats = await settledStats(opened)
      const hasTime = stats.mtimeNs >= MEANINGLESS_BELOW
      const etag = entityTag === 'stat' && hasTime ? statTag(stats) : await tagContent(fd, stats)
      const lastModified = hasTime ? Number(stats.mtimeNs / 1_000_000_000n) : undefined
      const representation = {
        size: Number(stats.size),
        mediaType: mediaTypeOf(extension),
        etag,
        lastModified,
      }
      return new DiskFile(fd, extension, stats, representation, blocks)
    } catch (error) {
      await closeFile(fd)
      throw error
    }
  }

  /** The next request finds descriptors again, where it is we who kept them. */
  function makeRoom(error: unknown): never {
    const { code } = Object(error instanceof SourceFault ? error.cause : error) as { code?: unknown }
    if (code === 'EMFILE' || code === 'ENFILE') descriptors?.clear()
    throw error
  }

  async function openOnce(id: string): Promise<ReturnType<DiskFile['track']>> {
    const file = await look(id, undefined)
    const track = file?.track()
    file?.release()
    return track
  }

  return { open: id => (descriptors === undefined ? openOnce(id) : descriptors.open(id)) }
}

function describesSame(a: BigIntStats, b: BigIntStats): boolean {
  return (
    a.ino === b.ino &&
    a.dev === b.dev &&
    a.size === b.size &&
    a.mtimeNs === b.mtimeNs &&
    a.ctimeNs === b.ctimeNs
  )
}

function statTag({ size, mtimeNs }: BigIntStats): string {
  return `"${size.toString(36)}-${mtimeNs.toString(36)}"`
}
