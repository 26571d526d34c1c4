/**
 * A list of revocations in a file, one on a line. Lines are only added, and each is read again before it counts as saved, so
 * that neither a write that a crash or a full disk ended early nor another process loses one. What has ended leaves by a new
 * file under the same name. A process that finds another file there, by the mark in its first line, reads it from the
 * beginning: so the processes of one machine may share it, and no fault of one takes back a revocation that another knows.
 */
import { randomBytes } from 'node:crypto'
import {
  closeSync,
  constants,
  fstatSync,
  openSync,
  readSync,
  realpathSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { open, rename, rm, type FileHandle } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { RevocationEntry, RevocationPage } from '../link-state'
import { pageOf } from '../revocation-page'
import { formatEntry, readEntry } from '../revocation-text'

/** The program that runs the app may read and write it: it says who is no longer allowed to listen. */
const MODE = 0o600

const FIRST_LINE = /^# express-signed-stream revocations 1 ([0-9a-f]{16})\n$/
const FIRST_LINE_LENGTH = firstLine('0'.repeat(16)).length

const LINE_BREAK = 0x0a

/** Writes before it gives up. */
const MAX_ATTEMPTS = 3

export class RevocationFile {
  readonly #path: string
  /** By their text, in the order of the file. */
  #entries = new Map<string, RevocationEntry>()
  #mark = ''
  /** How many bytes of the file were read, up to the end of a line. */
  #end = 0

  /**
   * Reads the file, or makes it.
   *
   * @throws Error of the file system, or if the file is something else
   */
  constructor(path: string) {
    makeFile(path)
    // A new file must not take the place of a symbolic link to it.
    this.#path = realpathSync(path)
    const descriptor = openSync(this.#path, 'r')
    try {
      const { size } = fstatSync(descriptor)
      const bytes = Buffer.alloc(Math.min(size, FIRST_LINE_LENGTH))
      readSync(descriptor, bytes, 0, bytes.length, 0)
      this.#begin(markOf(bytes))
      const rest = Buffer.alloc(size - this.#end)
      readSync(descriptor, rest, 0, rest.length, this.#end)
      this.#take(rest)
    } finally {
      closeSync(descriptor)
    }
  }

  get size(): number {
    return this.#entries.size
  }

  has(text: string): boolean {
    return this.#entries.has(text)
  }

  page(cursor: string | undefined): RevocationPage {
    return pageOf(this.#entries, this.#mark, cursor)
  }

  /** Reads what was added to the file. Puts it back if it is gone, or shorter than it was. */
  async refresh(): Promise<void> {
    if (!(await this.#readOn())) await this.#replaceBy(this.#entries.values())
  }

  /**
   * Adds lines, which are on the disk when the promise resolves.
   *
   * @throws (rejects with) what the file system fails with; then some of them may be in the file
   */
  async append(texts: readonly string[]): Promise<void> {
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      const lacking = texts.filter(text => !this.#entries.has(text))
      if (lacking.length === 0) return
      const handle = await open(this.#path, constants.O_WRONLY | constants.O_APPEND)
      try {
        await handle.appendFile(`${lacking.join('\n')}\n`)
        await handle.datasync()
      } finally {
        await handle.close()
      }
      // They count when they can be read: not if they went to a file that was replaced, or on to the end of a broken line.
      await this.refresh()
    }
    if (!texts.every(text => this.#entries.has(text))) throw new Error('The file of revocations was replaced')
  }

  /** Makes a new file without what ended before `now`, seconds since the epoch, if there is any. */
  async dropEnded(now: number): Promise<void> {
    const kept = Array.from(this.#entries.values()).filter(({ until = Infinity }) => until >= now)
    if (kept.length < this.#entries.size) await this.#replaceBy(kept)
  }

  async #replaceBy(entries: Iterable<RevocationEntry>): Promise<void> {
    const mark = newMark()
    const temporary = `${this.#path}.${mark}`
    try {
      const handle = await open(temporary, 'wx', MODE)
      try {
        const lines = Array.from(entries, entry => `${formatEntry(entry)}\n`)
        await handle.writeFile(firstLine(mark) + lines.join(''))
        await handle.sync()
      } finally {
        await handle.close()
      }
      await rename(temporary, this.#path)
    } catch (error) {
      await rm(temporary, { force: true }).catch(() => undefined)
      throw error
    }
    await syncDirectory(dirname(this.#path))
    await this.#readOn()
  }

  /** @returns false if the file is gone, or shorter than it was */
  async #readOn(): Promise<boolean> {
    const handle = await openIfThere(this.#path)
    if (handle === undefined) return false
    try {
      const { size } = await handle.stat()
      if (size === 0) return false
      const mark = markOf(await readAt(handle, 0, Math.min(size, FIRST_LINE_LENGTH)))
      if (mark === this.#mark && size < this.#end) return false
      if (mark !== this.#mark) this.#begin(mark)
      if (size > this.#end) this.#take(await readAt(handle, this.#end, size - this.#end))
      return true
    } finally {
      await handle.close()
    }
  }

  #begin(mark: string): void {
    this.#mark = mark
    this.#entries = new Map()
    this.#end = FIRST_LINE_LENGTH
  }

  /** The whole lines of `bytes`, which follow what was read. A line that nobody can read was never saved: its write failed. */
  #take(bytes: Buffer): void {
    const length = bytes.lastIndexOf(LINE_BREAK) + 1
    for (const text of bytes.toString('utf8', 0, length).split('\n')) {
      const entry = text === '' ? undefined : readEntry(text)
      if (entry !== undefined) this.#entries.set(formatEntry(entry), entry)
    }
    this.#end += length
  }
}

function makeFile(path: string): void {
  try {
    writeFileSync(path, firstLine(newMark()), { flag: 'wx', mode: MODE, flush: true })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    const found = statSync(path)
    // To open a pipe would wait for ever.
    if (!found.isFile()) throw notAList()
    // What a crash left that came between the two steps of the first start.
    if (found.size === 0) writeFileSync(path, firstLine(newMark()))
  }
}

function newMark(): string {
  return randomBytes(8).toString('hex')
}

function firstLine(mark: string): string {
  return `# express-signed-stream revocations 1 ${mark}\n`
}

/** Nothing is ever written to a file that begins otherwise: it is somebody else's. */
function markOf(bytes: Buffer): string {
  const [, mark] = FIRST_LINE.exec(bytes.toString('latin1')) ?? []
  if (mark === undefined) throw notAList()
  return mark
}

function notAList(): Error {
  return new Error('The file is no list of revocations')
}

async function openIfThere(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path, 'r')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

/** What is there of the `length` bytes at `position`: the file may have become shorter since. */
async function readAt(handle: FileHandle, position: number, length: number): Promise<Buffer> {
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, position)
  return buffer.subarray(0, bytesRead)
}

/** So that the new name is on the disk too. Some systems cannot do that, and need not. */
async function syncDirectory(path: string): Promise<void> {
  try {
    const handle = await open(path, 'r')
    try {
      await handle.sync()
    } finally {
      await handle.close()
    }
  } catch {
    // The file is there all the same.
  }
}
