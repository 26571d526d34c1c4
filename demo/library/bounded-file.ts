/**
 * A file as a parser of audio reads it (strtok3's ITokenizer), within a budget. What a file says of its own lengths is
 * not believed: no buffer is made for more than is left of the budget, and bytes that are skipped cost nothing.
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
  /** Whether fewer bytes are no error. */
  readonly mayBeLess?: boolean
}

/** Bytes that are given to the parser, those that it peeks at too. */
const BUDGET = 256 * 1024
/** What each read costs at least, in bytes, so that reads of one byte are bounded too. */
const LEAST_COST = 64
/** Bytes after which the event loop has its turn. */
const TURN = 16 * 1024
/** Bytes of one system call. */
const WINDOW = 64 * 1024

const ID3_HEADER = 10
/** Tags that are looked for one behind the other. */
const MAX_ID3_TAGS = 8

/** Without O_NONBLOCK (which Windows lacks), opening a FIFO would wait for a writer. */
const READ_WITHOUT_WAITING = constants.O_RDONLY | ((constants as Partial<typeof constants>).O_NONBLOCK ?? 0)

export class BoundedFile {
  position = 0
  readonly fileInfo: { readonly path: string; readonly size: number }
  readonly #file: FileHandle
  readonly #signal: AbortSignal
  /** Where the audio begins: positions and size are counted from there. */
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

  /** @throws Error if it is no regular file */
  static async open(path: string, signal: AbortSignal): Promise<BoundedFile> {
    const file = await open(path, READ_WITHOUT_WAITING)
    try {
      const stats = await file.stat()
      if (!stats.isFile()) throw new Error('Cannot read the duration: it is no regular file')
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
    // Before the buffer is made.
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

  /** False, so that no parser looks for tags at the end. */
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

  /** None at the end. */
  async #bytesAt(position: number): Promise<Uint8Array> {
    const { start, bytes } = this.#window
    if (position >= start && position < start + bytes.length) return bytes.subarray(position - start)
    const window = Buffer.allocUnsafe(WINDOW)
    const { bytesRead } = await this.#file.read(window, 0, WINDOW, this.#start + position)
    this.#window = { start: position, bytes: window.subarray(0, bytesRead) }
    return this.#window.bytes
  }
}

/** @returns where the audio begins, behind all ID3v2 tags (id3.org, ID3v2.4.0 structure, section 3.1) */
async function skipId3(file: FileHandle): Promise<number> {
  let start = 0
  for (let tag = 0; tag < MAX_ID3_TAGS; tag += 1) {
    const header = Buffer.alloc(ID3_HEADER)
    await file.read(header, 0, ID3_HEADER, start)
    if (header.toString('latin1', 0, 3) !== 'ID3') break
    const [flags = 0, ...size] = header.subarray(5)
    const hasFooter = (flags & 0x10) !== 0
    // Seven bits of each byte.
    start += ID3_HEADER + size.reduce((sum, byte) => sum * 128 + (byte & 0x7f), 0) + (hasFooter ? 10 : 0)
  }
  return start
}
