/** Tracks that change while clients download them, and witnesses that check whether a download is one version. */
import { Buffer } from 'node:buffer'
import { closeSync, openSync, renameSync, rmSync, truncateSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'

/**
 * What happens to the file of a track: nothing; another takes its name; it is written over in place; it is truncated and
 * written again; it is deleted and comes back.
 */
export type Habit = 'steady' | 'replaced' | 'rewritten' | 'truncated' | 'recreated'

/**
 * Milliseconds. The kernel moves a file's times when a write begins: on a busy machine, a write
 * may take longer than a source waits for the times to settle, and then it looks like one that has ended.
 */
const SLOW_WRITE = 15

export class ChangingTrack {
  readonly id: string
  readonly habit: Habit
  /** All that the file may ever hold. */
  readonly versions: readonly Buffer[]
  readonly #file: string
  /** The version of each entity tag, as first seen. */
  readonly #tagged = new Map<string, Buffer>()
  #turn = 0
  #isDoubtful = false

  constructor(directory: string, id: string, habit: Habit, sizes: readonly number[]) {
    this.id = id
    this.habit = habit
    this.versions = sizes.map(makeVersion)
    this.#file = join(directory, `${id}.mp3`)
    writeFileSync(this.#file, this.versions[0] ?? '')
  }

  /** Whether a client may request a file that is being written. */
  get isWrittenInPlace(): boolean {
    return this.habit !== 'steady' && this.habit !== 'replaced'
  }

  /** Whether the file was written so slowly that its times do not show what a client received of it. */
  get isDoubtful(): boolean {
    return this.#isDoubtful
  }

  change(): void {
    const start = performance.now()
    this.#change()
    if (this.isWrittenInPlace && performance.now() - start > SLOW_WRITE) this.#isDoubtful = true
  }

  #change(): void {
    const isEven = this.#turn++ % 2 === 0
    const next = this.versions[this.#turn % this.versions.length] ?? Buffer.alloc(0)
    switch (this.habit) {
      case 'steady':
        return
      case 'replaced':
        writeFileSync(`${this.#file}.new`, next)
        renameSync(`${this.#file}.new`, this.#file)
        return
      case 'rewritten': {
        const descriptor = openSync(this.#file, 'r+')
        writeSync(descriptor, next)
        closeSync(descriptor)
        return
      }
      case 'truncated':
        if (isEven) truncateSync(this.#file, Math.floor(Math.random() * this.#shortest))
        else writeFileSync(this.#file, next)
        return
      case 'recreated':
        if (isEven) rmSync(this.#file)
        else writeFileSync(this.#file, next)
    }
  }

  /** Leaves a whole file, if the last change left none. */
  restore(): void {
    if (this.habit === 'truncated' || this.habit === 'recreated')
      writeFileSync(this.#file, this.versions[0] ?? '')
  }

  /** Whether the file may have been of `size` at some time. */
  mayHaveSize(size: number): boolean {
    return this.versions.some(version => this.#mayBe(version, size))
  }

  /** @param size of the whole file, by the response */
  witness(size: number): Witness {
    return new Witness(this.versions.filter(version => this.#mayBe(version, size)))
  }

  /** @throws if `etag` was seen on another version */
  assertTagged(etag: string, version: Buffer): void {
    const known = this.#tagged.get(etag)
    if (known !== undefined && known !== version && !this.#isDoubtful)
      throw new Error(`${etag} is the tag of two versions`)
    this.#tagged.set(etag, version)
  }

  get #shortest(): number {
    return Math.min(...this.versions.map(version => version.length))
  }

  /** What is written in place may be seen before it is all there. */
  #mayBe(version: Buffer, size: number): boolean {
    return version.length === size || (this.isWrittenInPlace && version.length > size)
  }
}

/** Takes the bytes of a download, and keeps the versions that they can be of. */
export class Witness {
  #candidates: readonly Buffer[]

  constructor(candidates: readonly Buffer[]) {
    this.#candidates = candidates
  }

  hear(bytes: Buffer, position: number): void {
    this.#candidates = this.#candidates.filter(version =>
      version.subarray(position, position + bytes.length).equals(bytes),
    )
  }

  /** Undefined if the bytes are a mixture, or of no version. */
  get version(): Buffer | undefined {
    return this.#candidates[0]
  }
}

/** Bytes that differ from those of any other version at every place, so that one byte of another shows. */
function makeVersion(size: number, index: number): Buffer {
  const words = new Uint32Array(Math.ceil(size / 4))
  const salt = Math.imul(index + 1, 0x01010101)
  for (let at = 0; at < words.length; at++) words[at] = Math.imul(at, 2654435761) ^ salt
  return Buffer.from(words.buffer, 0, size)
}
