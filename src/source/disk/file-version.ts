/** Decides whether an open file still holds the version that was opened. */
import type { BigIntStats } from 'node:fs'
import type { FileBlocks } from '../memory/file-blocks'
import { BLOCK_BYTES } from '../memory/block-cache'
import { canCompareContent, type ContentSums } from './content-sums'
import { compareStats, currentStats, readExactly, type Movement } from './file-state'
import { fileTurns } from './file-turns'
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
  readonly #mayGrow: boolean
  #stats: BigIntStats

  /**
   * @param stats of the descriptor, when the file was opened
   * @param retag undefined for a file whose tag is made from its state
   * @param mayGrow whether the version is the beginning of a file to which bytes are appended
   */
  constructor(stats: BigIntStats, etag: string, retag: Retag | undefined, mayGrow = false) {
    this.#stats = stats
    this.#etag = etag
    this.#retag = retag
    this.#mayGrow = mayGrow
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
    const loaded = blocks === undefined ? [] : blocks.evidence()
    // Of a file that may grow, nothing but a difference is a sign that it was not only appended to.
    if (loaded === undefined && !this.#mayGrow) throw new SourceError('changed')
    await compareBlocks(fd, loaded ?? [])
    if (canCompareContent || !this.#mayGrow)
      await sums?.compare({ fill: (target, position) => readInTurn(fd, target, position) })
    // Somebody may have written to the file while it was compared.
    const movement = compareStats(stats, await currentStats(fd))
    if (movement === 'truncated') throw new SourceError('truncated')
    if (movement !== 'none' && !this.#mayGrow) throw new SourceError('changed')
  }

  async #look(fd: number): Promise<{ readonly isKnown: boolean; readonly stats: BigIntStats }> {
    const stats = await currentStats(fd)
    const movement = this.#compare(stats)
    if (movement === 'truncated' || movement === 'changed') throw new SourceError(movement)
    const tag = movement === 'times' ? await this.#retag?.(fd, stats) : undefined
    if (tag !== undefined && tag !== this.#etag) throw new SourceError('changed')
    const isKnown = movement !== 'times' || tag !== undefined
    if (isKnown) this.#stats = stats
    return { isKnown, stats }
  }

  #compare(stats: BigIntStats): Movement {
    const movement = compareStats(this.#stats, stats)
    // Bytes that were appended are no change of this version, and neither is the time at which that was done.
    return movement === 'changed' && this.#mayGrow ? 'times' : movement
  }
}

/** Compares blocks that were loaded with what the disk has now. */
async function compareBlocks(
  fd: number,
  loaded: readonly { readonly index: number; readonly bytes: Uint8Array }[],
): Promise<void> {
  for (const { index, bytes } of loaded) {
    const now = Buffer.allocUnsafeSlow(bytes.length)
    await readInTurn(fd, now, index * BLOCK_BYTES)
    if (!now.equals(bytes)) throw new SourceError('changed')
  }
}

function readInTurn(fd: number, target: Uint8Array, position: number): Promise<void> {
  return fileTurns().run('rest', () => readExactly(fd, target, position))
}
