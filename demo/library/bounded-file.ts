/**
 * The file that a parser of audio reads (ITokenizer of strtok3), with a budget of bytes. A hostile file claims lengths
 * that it does not have, so no buffer is larger than the rest of the budget. Skipped bytes cost nothing.
 */
import { Buffer } from 'node:buffer'
import { constants } from 'node:fs'
import { open, type FileHandle } from 'node:fs/promises'
import { setImmediate as nextTurn } from 'node:timers/promises'

/** Reads a value from `len` bytes. */
export interface Token<Value> {
  readonly len: number
  get(bytes: Uint8Array, offset: number): Value
}

interface ReadOptions {
  readonly length?: number
  readonly position?: number
  /** Whether the file may end before `length` bytes. */
  readonly mayBeLess?: boolean
}

/** Bytes that the parser may get, including those that it only peeks at. */
const BUDGET = 256 * 1024
/** The minimum cost of a read in bytes, so that the number of reads is bounded too. */
const LEAST_COST = 64
/** Bytes after which other work of the event loop runs. */
const TURN = 16 * 1024
/** Bytes that one system call reads. */
const WINDOW = 64 * 1024

const ID3_HEADER = 10
/** Consecutive tags that are skipped. */
const MAX_ID3_TAGS = 8

/** O_NONBLOCK, because opening a FIFO waits for a writer otherwise. Windows does not have it. */
const READ_WITHOUT_WAITING = constants.O_RDONLY | ((constants as Partial<typeof constants>).O_NONBLOCK ?? 0)

export class BoundedFile {
  position = 0
  readonly fileInfo: { readonly path: string; readonly size: number }
  readonly #file: FileHandle
  readonly #signal: AbortSignal
  /** The offset of the audio in the file; positions and the size count from there. */
  readonly #start: number
  #left = BUDGET
  #untilTurn = TURN
  #window: { start: number; bytes: Uint8Array } = { start: 0, bytes: Buffer.alloc(0) }

  private constructor(file: FileHandle, path: string, start: number, end: number, signal: AbortSignal) {
    this.#file = file
    this.#start = start
    this.#signal = signal
    this.fileInfo = { path, size: Math.max(0, end - start) }
  }

  /** @throws Error if it is not a regular file */
  static async open(path: string, signal: AbortSignal): Promise<BoundedFile> {
    const file = await open(path, READ_WITHOUT_WAITING)
    try {
      const stats = await file.stat()
      if (!stats.isFile()) throw new Error('Cannot read the duration: it is not a regular file')
      return new BoundedFile(file, path, await skipId3(file), stats.size, signal)
    } catch (error) {
      await file.close()
      throw error
    }
  }

  async readBuffer(target: Uint8Array, options?: ReadOptions): Promise<number> {
    const position = options?.position ?? this.position
    const length = await this.peekBuffer(target, options)
    this.position = position + length
    return length
  }

  async peekBuffer(target: Uint8Array, options: ReadOptions = {}): Promise<number> {
    const { length = target.length, position = this.position, mayBeLess = false } = options
    await this.#spend(length)
    let done = 0
    while (done < length) {
      const bytes = await this.#bytesAt(position + done)
      if (bytes.length === 0) break
      const part = bytes.subarray(0, length - done)
      target.set(part, done)
      done += part.length
    }
    if (done < length && !mayBeLess) throw new Error('Cannot read the duration: the file ends')
    return done
  }

  async readToken<Value>(token: Token<Value>, position = this.position): Promise<Value> {
    const value = await this.peekToken(token, position)
    this.position = position + token.len
    return value
  }

  async peekToken<Value>(token: Token<Value>, position: number | null = this.position): Promise<Value> {
    // Before the buffer is allocated.
    this.#assertLeft(token.len)
    const bytes = new Uint8Array(token.len)
    await this.peekBuffer(bytes, { position: position ?? this.position })
    return token.get(bytes, 0)
  }

  readNumber(token: Token<number>): Promise<number> {
    return this.readToken(token)
  }

  peekNumber(token: Token<number>): Promise<number> {
    return this.peekToken(token)
  }

  async ignore(length: number): Promise<number> {
    await this.#spend(0)
    const skipped = Math.min(length, Math.max(0, this.fileInfo.size - this.position))
    if (!(skipped >= 0)) throw new RangeError('Cannot read the duration: it goes back')
    this.position += skipped
    return skipped
  }

  /** False, so that no parser reads tags at the end of the file. */
  supportsRandomAccess(): boolean {
    return false
  }

  close(): Promise<void> {
    return this.#file.close()
  }

  abort(): Promise<void> {
    return Promise.resolve()
  }

  #assertLeft(length: number): void {
    if (!(length <= this.#left)) throw new RangeError('Cannot read the duration: the file asks for too much')
  }

  async #spend(length: number): Promise<void> {
    this.#signal.throwIfAborted()
    const cost = Math.max(length, LEAST_COST)
    this.#assertLeft(cost)
    this.#left -= cost
    this.#untilTurn -= cost
    if (this.#untilTurn > 0) return
    this.#untilTurn = TURN
    await nextTurn()
  }

  /** @returns an empty array at the end */
  async #bytesAt(position: number): Promise<Uint8Array> {
    const { start, bytes } = this.#window
    if (position >= start && position < start + bytes.length) return bytes.subarray(position - start)
    const window = Buffer.allocUnsafe(WINDOW)
    const { bytesRead } = await this.#file.read(window, 0, WINDOW, this.#start + position)
    this.#window = { start: position, bytes: window.subarray(0, bytesRead) }
    return this.#window.bytes
  }
}

/** @returns the offset of the audio, after all ID3v2 tags (id3.org, ID3v2.4.0 structure, section 3.1) */
async function skipId3(file: FileHandle): Promise<number> {
  let start = 0
  for (let tag = 0; tag < MAX_ID3_TAGS; tag += 1) {
    const header = Buffer.alloc(ID3_HEADER)
    await file.read(header, 0, ID3_HEADER, start)
    if (header.toString('latin1', 0, 3) !== 'ID3') break
    const [flags = 0, ...size] = header.subarray(5)
    const hasFooter = (flags & 0x10) !== 0
    // Each byte of a size holds seven bits.
    start += ID3_HEADER + size.reduce((sum, byte) => sum * 128 + (byte & 0x7f), 0) + (hasFooter ? 10 : 0)
  }
  return start
}
