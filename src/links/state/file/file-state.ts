/** Revocations in a file, for an app without Redis. */
import { statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import type { MaybePromise } from '../../../callbacks'
import { describe, type OptionRule } from '../../../option-rules'
import { optionError, readOptions, required, type OptionReaders } from '../../../options'
import {
  RevocationListFull,
  type AddOptions,
  type RevocationEntry,
  type RevocationPage,
  type RevocationState,
} from '../link-state'
import { formatEntry } from '../revocation-text'
import { RevocationFile } from './revocation-file'

export interface FileStateOptions {
  /** The path of the file, in a directory that exists. The first start makes it. */
  readonly file: string
}

const pathRule: OptionRule<string> = {
  accepts: (value): value is string => typeof value === 'string' && value !== '' && !value.includes('\0'),
  expected: 'the path of a file',
}

const fileStateOptions = { file: required(pathRule) } satisfies OptionReaders<FileStateOptions>

/**
 * Makes a state that keeps revocations in a file, so that they hold after a restart, and in all processes of one machine
 * within 2 seconds. Sessions, uses and streams stay in the memory of each process, and end with it: to share those, use
 * `redisState`.
 *
 * `revoke` resolves when the revocation is on the disk. The file has to be on a disk of the machine, not on one of the network.
 *
 * @throws TypeError or RangeError if the path is wrong, the directory is missing, or the file is something else
 * @example
 * const links = createLinks({ secret, maxTtl: 86_400, state: fileState({ file: 'revocations' }) })
 */
export function fileState(options: FileStateOptions): RevocationState {
  const { file } = readOptions('fileState', options, fileStateOptions)
  return Object.freeze({ revocations: new FileRevocations(openFile(file)) })
}

function openFile(file: string): RevocationFile {
  const path = resolve(file)
  if (statSync(dirname(path), { throwIfNoEntry: false })?.isDirectory() !== true) {
    throw wrongFile(`must be in an existing directory, got ${describe(file)}`)
  }
  try {
    return new RevocationFile(path)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw wrongFile(
      code === undefined
        ? `must be a new file, or one that fileState made, got ${describe(file)}`
        : `cannot be opened: ${code}`,
      { cause: error },
    )
  }
}

function wrongFile(problem: string, details?: ErrorOptions): Error {
  return optionError(RangeError, 'make fileState', 'file', problem, details)
}

/** An entry that is to be saved. */
interface Saving {
  readonly entry: RevocationEntry
  readonly text: string
  readonly options: AddOptions
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

class FileRevocations {
  readonly #file: RevocationFile
  /** Whether it was read just now: `createLinks` that follows knows what is revoked before the first request comes. */
  #isNew = true
  #waiting: Saving[] = []
  #reading: Promise<void> | undefined
  /** Settles when the file is free: there is one read or write at a time. */
  #turn: Promise<unknown> = Promise.resolve()

  constructor(file: RevocationFile) {
    this.#file = file
    setImmediate(() => {
      this.#isNew = false
    })
  }

  /** Those that are added meanwhile are written together. */
  add(entry: RevocationEntry, options: AddOptions): Promise<void> {
    return new Promise((done, reject) => {
      this.#waiting.push({ entry, text: formatEntry(entry), options, resolve: done, reject })
      if (this.#waiting.length === 1) void this.#inTurn(() => this.#save(this.#waiting.splice(0)))
    })
  }

  read(cursor: string | undefined): MaybePromise<RevocationPage> {
    if (this.#isNew) return this.#file.page(cursor)
    return this.#refresh().then(() => this.#file.page(cursor))
  }

  /** While a disk hangs, callers wait for one reading. */
  #refresh(): Promise<void> {
    this.#reading ??= this.#inTurn(() => this.#file.refresh()).finally(() => {
      this.#reading = undefined
    })
    return this.#reading
  }

  #inTurn<T>(action: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(action)
    this.#turn = result.catch(() => undefined)
    return result
  }

  /** Never rejects. */
  async #save(savings: readonly Saving[]): Promise<void> {
    try {
      await this.#file.refresh()
      const admitted = new Set<string>()
      for (const { text, options, reject } of savings) {
        if (this.#file.has(text) || admitted.has(text) || (await this.#hasRoom(admitted.size, options))) {
          admitted.add(text)
        } else reject(new RevocationListFull(options.max))
      }
      await this.#file.append(Array.from(admitted))
      for (const saving of savings) saving.resolve()
    } catch (error) {
      for (const saving of savings) saving.reject(error)
    }
  }

  async #hasRoom(admitted: number, { max, now }: AddOptions): Promise<boolean> {
    if (this.#file.size + admitted >= max) await this.#file.dropEnded(now)
    return this.#file.size + admitted < max
  }
}
