/** Tracks to be served, in a temporary directory. */
import { randomFillSync } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Bytes of each track. */
export const TRACK_BYTES = 5_000_000

/** The block budget of our handler by default. */
export const BUDGET_BYTES = 64 * 1024 * 1024

export interface Library {
  readonly dir: string
  readonly ids: readonly string[]
}

export class Workspace {
  readonly dir = mkdtempSync(join(tmpdir(), 'bench-'))

  /** Tracks of random bytes. */
  addLibrary(name: string, tracks: number): Library {
    const content = Buffer.allocUnsafe(TRACK_BYTES)
    return this.#add(name, tracks, file => {
      writeFileSync(file, randomFillSync(content))
    })
  }

  /** Tracks that are holes, which take no room on the disk: for listeners who stop reading soon. */
  addSparseLibrary(name: string, tracks: number): Library {
    return this.#add(name, tracks, file => {
      writeFileSync(file, '')
      truncateSync(file, TRACK_BYTES)
    })
  }

  readonly remove = (): void => {
    rmSync(this.dir, { recursive: true, force: true })
  }

  #add(name: string, tracks: number, write: (file: string) => void): Library {
    const dir = join(this.dir, name)
    mkdirSync(dir)
    const ids = Array.from({ length: tracks }, (_, index) => `track${index}`)
    for (const id of ids) write(join(dir, `${id}.mp3`))
    return { dir, ids }
  }
}
