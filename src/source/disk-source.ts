/** Tracks as files of one directory: `{id}.{extension}`, the first extension that exists. */
import type { BigIntStats } from 'node:fs'
import type { FileHandle } from 'node:fs/promises'
import { mediaTypeOf, type AudioExtension } from '../http/media-type'
import type { Representation } from '../http/response-plan'
import { createContentTagger, type ContentTagger } from './content-tag'
import { DiskReader } from './disk-reader'
import { openInside } from './open-inside'
import { settledStats } from './settled-stats'
import type { OpenTrack, Source } from './source'

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
}

/** Times that tools write who have none, in nanoseconds: 0 and 1 s. */
const MEANINGLESS_BELOW = 2_000_000_000n

export function createDiskSource({ directory, extensions, entityTag }: DiskSourceOptions): Source {
  const tagContent = createContentTagger()

  async function openTrack(id: string, signal: AbortSignal): Promise<OpenTrack | undefined> {
    for (const extension of extensions) {
      const file = await openInside(directory, `${id}.${extension}`)
      if (file === undefined) continue
      try {
        const stats = await settledStats(file, signal)
        const representation = await describe(file.handle, stats, extension)
        return new DiskTrack(file.handle, stats, representation)
      } catch (error) {
        await close(file.handle)
        throw error
      }
    }
    return undefined
  }

  async function describe(
    handle: FileHandle,
    stats: BigIntStats,
    extension: AudioExtension,
  ): Promise<Representation> {
    const hasTime = stats.mtimeNs >= MEANINGLESS_BELOW
    return {
      size: Number(stats.size),
      mediaType: mediaTypeOf(extension),
      etag: entityTag === 'stat' && hasTime ? statTag(stats) : await hashTag(tagContent, handle, stats),
      lastModified: hasTime ? Number(stats.mtimeNs / 1_000_000_000n) : undefined,
    }
  }

  return { open: openTrack }
}

class DiskTrack implements OpenTrack {
  readonly representation: Representation
  readonly #handle: FileHandle
  readonly #stats: BigIntStats

  constructor(handle: FileHandle, stats: BigIntStats, representation: Representation) {
    this.#handle = handle
    this.#stats = stats
    this.representation = representation
  }

  read(range: { readonly first: number; readonly last: number }): DiskReader {
    return new DiskReader(this.#handle, this.#stats, range)
  }

  close(): Promise<void> {
    return close(this.#handle)
  }
}

function statTag({ size, mtimeNs }: BigIntStats): string {
  return `"${size.toString(36)}-${mtimeNs.toString(36)}"`
}

function hashTag(tagContent: ContentTagger, handle: FileHandle, stats: BigIntStats): Promise<string> {
  const { dev, ino, size, mtimeNs, ctimeNs } = stats
  const all = { first: 0, last: Number(size) - 1 }
  return tagContent([dev, ino, size, mtimeNs, ctimeNs].join(), () => new DiskReader(handle, stats, all))
}

async function close(handle: FileHandle): Promise<void> {
  await handle.close().catch(() => undefined)
}
