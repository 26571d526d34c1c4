/**
 * Checksums of the bytes that one response got and that no block in memory holds. If the times of the file move, they
 * are the evidence that its content is still the same. CRC-32 detects a rewrite by accident or by a tool; who may write
 * the file on purpose has no need to deceive it.
 */
import * as zlib from 'node:zlib'
import { SourceError } from '../source'

/** From Node 20.15 on. */
const { crc32 } = zlib as { readonly crc32?: (data: Uint8Array, value?: number) => number }

/** Whether this Node can compare. */
export const canCompareContent = crc32 !== undefined

/** How many bytes are compared at a time. */
const COMPARED_BYTES = 256 * 1024

/** Reads the file again. */
export interface ComparedFile {
  fill(target: Uint8Array, position: number): Promise<void>
}

interface Run {
  readonly first: number
  length: number
  sum: number
}

export class ContentSums {
  readonly #runs: Run[] = []

  /** Adds bytes that the response gets. */
  add(bytes: Uint8Array, position: number): void {
    if (crc32 === undefined) return
    const last = this.#runs.at(-1)
    if (last !== undefined && last.first + last.length === position) {
      last.length += bytes.length
      last.sum = crc32(bytes, last.sum)
    } else {
      this.#runs.push({ first: position, length: bytes.length, sum: crc32(bytes) })
    }
  }

  /**
   * Reads the same bytes again.
   *
   * @throws SourceError `changed` if they are not the same, or if this Node cannot compare them
   */
  async compare(file: ComparedFile): Promise<void> {
    if (crc32 === undefined) throw new SourceError('changed')
    const buffer = Buffer.allocUnsafeSlow(COMPARED_BYTES)
    for (const { first, length, sum } of this.#runs) {
      let now = 0
      for (let done = 0; done < length; done += COMPARED_BYTES) {
        const part = buffer.subarray(0, Math.min(COMPARED_BYTES, length - done))
        await file.fill(part, first + done)
        now = crc32(part, now)
      }
      if (now !== sum) throw new SourceError('changed')
    }
  }
}
