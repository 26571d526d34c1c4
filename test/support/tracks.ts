/** A directory of tracks, and links that open them. */
import { Buffer } from 'node:buffer'
import { createHmac } from 'node:crypto'
import { mkdtempSync, realpathSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { computeSignature } from 'express-signed-stream'
import { eventually } from './eventually'

export const SECRET = '0123456789abcdef0123456789abcdef'

/** 300,000 bytes, in which no stretch of four occurs twice at the same distance, so that a wrong offset shows. */
export const TRACK = Buffer.from(
  new Uint32Array(75_000).map((_, index) => Math.imul(index, 2654435761)).buffer,
)

/** Long past, so that no test depends on the second in which a file was written. */
export const MODIFIED = new Date('2026-01-02T03:04:05.678Z')
export const LAST_MODIFIED = 'Fri, 02 Jan 2026 03:04:05 GMT'

export interface TrackDirectory {
  readonly path: string
  /** @returns the file's path */
  readonly write: (name: string, content: Uint8Array | string) => string
  readonly remove: () => void
}

export function makeTrackDirectory(): TrackDirectory {
  const path = realpathSync(mkdtempSync(join(tmpdir(), 'tracks-')))
  return {
    path,
    write(name, content) {
      const file = join(path, name)
      writeFileSync(file, content)
      utimesSync(file, MODIFIED, MODIFIED)
      return file
    },
    remove() {
      rmSync(path, { recursive: true, force: true })
    },
  }
}

export function inSeconds(seconds: number): number {
  return Math.floor(Date.now() / 1000) + seconds
}

/** Until `second` is over by the clock that links are judged by: a timer may fire a millisecond before it. */
export async function secondIsOver(second: number): Promise<void> {
  await eventually(() => inSeconds(0) > second, `second ${second} is over`)
}

/** `expires=…&sig=…` that opens `id`. */
export function queryFor(id: string, expires = inSeconds(600)): string {
  return `expires=${expires}&sig=${computeSignature(SECRET, id, expires)}`
}

/** `/stream/{id}?expires=…&sig=…` that opens `id`. */
export function pathFor(id: string, expires?: number): string {
  return `/stream/${encodeURIComponent(id)}?${queryFor(id, expires)}`
}

/** `/stream/{id}?expires=…&terms=…&sig=…`, for `terms` of one track. */
export function pathWithTerms(id: string, terms: string, expires = inSeconds(600)): string {
  const sig = createHmac('sha256', SECRET).update(`${id}|${expires}|${terms}`).digest('hex')
  return `/stream/${encodeURIComponent(id)}?expires=${expires}&terms=${terms}&sig=${sig}`
}
