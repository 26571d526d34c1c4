/**
 * One version of a file, open, and shared by everybody who reads it.
 *
 * Who needs the file holds a {@link FileLease}: the descriptor cache for as long as it keeps the file, each open track,
 * and each read in progress. The last lease that is released closes the file.
 */
import type { BigIntStats } from 'node:fs'
import { publishRead, type StreamReadEvent } from '../../events'
import type { Representation } from '../../http/representation'
import { Lease } from '../lease'
import type { BlockLease } from '../memory/block'
import { BLOCK_BYTES } from '../memory/block-cache'
import type { ChunkPool } from '../memory/chunk-pool'
import type { FileBlocks } from '../memory/file-blocks'
import type { ContentSums } from './content-sums'
import { readExactly } from './file-state'
import { fileTurns, type TaskPurpose } from './file-turns'
import type { FileVersion } from './file-version'
import { closeFile } from './open-inside'
import { SourceError } from '../source'

/**
 * - `current`: open; no read found that it changed. Serves every request
 * - `stale`: open, but no longer known to be the version that was opened
 * - `failed`: open, but the system could not read it, which says nothing about its version
 * - `closed`: the last lease was released
 *
 * Reads move a file from `current` to `stale` or `failed`, and the last release closes it from any state. Only a
 * current file serves new requests: for a stale or a failed one, the next request opens the file again. Responses in
 * progress keep their lease, and each learns from its own reads whether it can go on.
 */
export type FileState = 'current' | 'stale' | 'failed' | 'closed'

/** Keeps a file open until it is released. */
export type FileLease = Lease<DiskFile>

/** A file that was just opened. */
export interface DiskFileParts {
  readonly fd: number
  /** The name that led to it, with its extension. */
  readonly name: string
  /** Whether no segment of the name was a link. */
  readonly isDirect: boolean
  readonly version: FileVersion
  readonly representation: Representation
  /** Undefined if nothing is kept in memory. */
  readonly blocks: FileBlocks | undefined
}

export class DiskFile {
  readonly name: string
  readonly isDirect: boolean
  readonly representation: Representation
  #state: FileState = 'current'
  readonly #fd: number
  readonly #version: FileVersion
  readonly #blocks: FileBlocks | undefined
  #leases = 0
  /** Made once and not for each lease, as each request takes one. */
  readonly #endLease = (): void => {
    if (--this.#leases === 0) this.#close()
  }

  private constructor({ fd, name, isDirect, version, representation, blocks }: DiskFileParts) {
    this.#fd = fd
    this.name = name
    this.isDirect = isDirect
    this.#version = version
    this.representation = representation
    this.#blocks = blocks
  }

  /** Takes over the descriptor, and closes it with the last lease, of which the caller gets the first. */
  static take(opened: DiskFileParts): FileLease {
    return new DiskFile(opened).#newLease()
  }

  /** Undefined if the file is closed. */
  lease(): FileLease | undefined {
    return this.#state === 'closed' ? undefined : this.#newLease()
  }

  get state(): FileState {
    return this.#state
  }

  get stats(): BigIntStats {
    return this.#version.stats
  }

  /** Whether there is more than one lease. */
  get isShared(): boolean {
    return this.#leases > 1
  }

  /**
   * The block, for the caller to release: at once if it is in memory, later if it is being loaded or worth loading.
   * Undefined, at once or later, if the caller has to read for itself.
   */
  leaseBlock(
    index: number,
    purpose: TaskPurpose = 'start',
  ): BlockLease | undefined | Promise<BlockLease | undefined> {
    const blocks = this.#blocks
    if (blocks === undefined) return undefined
    const known = blocks.lease(index)
    if (known !== undefined) return known
    const bytes = Math.min(BLOCK_BYTES, this.representation.size - index * BLOCK_BYTES)
    return blocks.load(index, bytes, target => this.#readBlock(target, index * BLOCK_BYTES, purpose))
  }

  /** Undefined if nothing is kept in memory. */
  get largeChunks(): ChunkPool | undefined {
    return this.#blocks?.largeChunks
  }

  /** Emits an event for bytes that a response gets. */
  publishRead(origin: StreamReadEvent['origin'], bytes: number): void {
    publishRead(origin, bytes, this.#blocks?.view)
  }

  /**
   * Reads into `target`. The caller has a turn.
   *
   * @throws SourceError
   */
  fill(target: Uint8Array, position: number): Promise<void> {
    return this.#use(fd => readExactly(fd, target, position))
  }

  /**
   * Called before a response gets its last bytes.
   *
   * @param sums of what the response got before that is in no block
   * @throws SourceError if the response may be of two versions
   */
  assertOneVersion(sums?: ContentSums): Promise<void> {
    return this.#use(fd => this.#version.assertSame(fd, { blocks: this.#blocks, sums }))
  }

  #readBlock(target: Uint8Array, position: number, purpose: TaskPurpose): Promise<boolean> {
    return this.#use(async fd => {
      await fileTurns().run(purpose, () => readExactly(fd, target, position))
      if (await this.#version.isKnownSame(fd)) return true
      // Nothing holds the former content of these bytes, so that nobody can compare them.
      this.#leaveCurrent('stale')
      return false
    })
  }

  /**
   * Works with the descriptor under a lease of its own: every client may leave in the meantime, and the system would
   * give the number of a closed descriptor to another file.
   */
  async #use<Result>(work: (fd: number) => Promise<Result>): Promise<Result> {
    const lease = this.lease()
    if (lease === undefined) throw new SourceError('read_error', { cause: new Error('The file is closed') })
    try {
      return await work(this.#fd)
    } catch (fault) {
      const isChange = fault instanceof SourceError && fault.kind !== 'read_error'
      this.#leaveCurrent(isChange ? 'stale' : 'failed')
      throw fault
    } finally {
      lease.release()
    }
  }

  #leaveCurrent(next: 'stale' | 'failed'): void {
    if (this.#state === 'current') this.#state = next
  }

  #newLease(): FileLease {
    this.#leases++
    return new Lease(this, this.#endLease)
  }

  #close(): void {
    this.#state = 'closed'
    this.#blocks?.close()
    void closeFile(this.#fd)
  }
}
