/** The shape of the cases: a request that a peer's own tests make, and the response by RFC 9110 and the design of this package. */
import type { Source } from './sources'

/**
 * The response, short enough for a table: the status, and after 206 the positions of each part in its order. The rest of
 * the response depends on the status alone, and is in `peers.test.ts`.
 *
 * If peers contradict each other, the RFC decides. If it leaves a choice, the design decides: what is malformed is
 * ignored, ranges less than 80 bytes apart are joined, and no response is longer than the file.
 */
export type Expected = '200' | '304' | '404' | '405' | '412' | '416' | `206 ${string}`

/**
 * Fields of a request; a list is a field repeated. In a text, `{tag}` stands for the current entity tag with its
 * quotes, and `{opaque}` for what is between them.
 */
export type Fields = Readonly<Record<string, string | readonly string[]>>

/** Which file: an ordinary one, one whose time has no meaning, one written in this second, or none. */
export type FileKind = 'ordinary' | 'undated' | 'fresh' | 'missing'

export interface PeerCase {
  readonly name: string
  readonly from: Source | readonly Source[]
  /** Bytes of the file. */
  readonly size: number
  readonly file?: FileKind
  /** @defaultValue GET */
  readonly method?: string
  readonly fields: Fields
  readonly expected: Expected
}

/** A GET with no other field than `Range`. */
export type RangeRow = readonly [
  name: string,
  from: Source | readonly Source[],
  size: number,
  range: string,
  expected: Expected,
]

export function rangeCases(rows: readonly RangeRow[]): readonly PeerCase[] {
  return rows.map(([name, from, size, range, expected]) => ({
    name,
    from,
    size,
    fields: { Range: range },
    expected,
  }))
}

/** When every ordinary file was last modified. */
export const LAST_MODIFIED = 'Fri, 02 Jan 2026 03:04:05 GMT'

/** The server's clock: Sun, 01 Feb 2026 00:00:00 GMT, in seconds. */
export const NOW = 1_769_904_000
