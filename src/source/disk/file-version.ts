/** Decides whether an open file still holds the version that was opened. */
import type { BigIntStats } from 'node:fs'
import type { FileBlocks } from '../memory/file-blocks'
import { BLOCK_BYTES } from '../memory/block-cache'
import type { ContentSums } from './content-sums'
import { compareStats, currentStats, readExactly } from './file-state'
import { SourceError } from '../source'

/** Computes the tag of a file from its content. */
export type Retag = (fd: number, stats: BigIntStats) => Promise<string>

/** What there is to compare a file with. */
export interface Evidence {
  /** What was loaded of the file, and checked. */
  readonly blocks: Pick<FileBlocks, 'evidence'> | undefined
  /** Of what a response got that is in no block. */
  readonly sums: ContentSums | undefined
}

export class FileVersion {
  readonly #etag: string
  readonly #retag: Retag | undefined
  #stats: BigIntStats

  /**
   * @param stats of the descriptor, when the file was opened
   * @param retag undefined for a file whose tag is made from its state
   */
  constructor(stats: BigIntStats, etag: string, retag: Retag | undefined) {
    this.#stats = stats
    this.#etag = etag
    this.#retag = retag
  }

  /** Of the descriptor, when its content was last known to be that of the opening. */
  get stats(): BigIntStats {
    return this.#stats
  }

  /**
   * @returns whether the file is known to be the same; otherwise only a comparison can decide
   * @throws SourceError if it has changed
   */
  async isKnownSame(fd: number): Promise<boolean> {
    const { isKnown } = await this.#look(fd)
    return isKnown
  }

  /** @throws SourceError if the file has changed, or if the evidence is not enough to exclude that */
  async assertSame(fd: number, { blocks, sums }: Evidence): Promise<void> {
    const { isKnown, stats } = await this.#look(fd)
    if (isKnown) return
    await compareBlocks(fd, blocks)
    await sums?.compare({ fill: (target, position) => readExactly(fd, target, position) })
    // Somebody may have written to the file while it was compared.
    if (compareStats(stats, await currentStats(fd)) !== 'none') throw new SourceError('changed')
  }

  async #look(fd: number): Promise<{ readonly isKnown: boolean; readonly stats: BigIntStats }> {
    const stats = await currentStats(fd)
    const movement = compareStats(this.#stats, stats)
    if (movement === 'truncated' || movement === 'changed') throw new SourceError(movement)
    const tag = movement === 'times' ? await this.#retag?.(fd, stats) : undefined
    if (tag !== undefined && tag !== this.#etag) throw new SourceError('changed')
    const isKnown = movement !== 'times' || tag !== undefined
    if (isKnown) this.#stats = stats
    return { isKnown, stats }
  }
}

/** Compares the blocks that were ever loaded with what the disk has now. */
async function compareBlocks(fd: number, blocks: Evidence['blocks']): Promise<void> {
  const loaded = blocks === undefined ? [] : blocks.evidence()
  if (loaded === undefined) throw new SourceError('changed')
  for (const { index, bytes } of loaded) {
    const now = Buffer.allocUnsafeSlow(bytes.length)
    await readExactly(fd, now, index * BLOCK_BYTES)
    if (!now.equals(bytes)) throw new SourceError('changed')
  }
}
