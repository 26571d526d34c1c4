/** Flaws of the bytes that a source reads. */
import { Buffer } from 'node:buffer'
import { SourceError } from 'express-signed-stream'
import { change, readWith, spoilTracks, type Flaw } from './spoil'

const EXACT = 'reads exactly the bytes of a range'
const AT_ONCE = 'reads several ranges at the same time'
const PIECES = 'does not write to the pieces that it gave'
const BETWEEN = 'reads only the version that was opened when the track is replaced between two reads'
const DURING = 'reads only the version that was opened when the track is replaced during a read'
const REMOVED = 'reads the whole range or throws when the track is removed during a read'

const EMPTY = new Uint8Array(0)

export const READING_FLAWS: readonly Flaw[] = [
  {
    name: 'reads nothing of a single byte',
    make: spoilTracks(track =>
      readWith(track, (pieces, { first, last }) => (first === last ? change(pieces, () => EMPTY) : pieces)),
    ),
    breaks: [EXACT],
  },
  {
    name: 'loses the byte before a seam',
    make: spoilTracks(track =>
      readWith(track, (pieces, { first }) =>
        first === 65_535 ? change(pieces, (piece, at) => piece.subarray(at === 0 ? 1 : 0)) : pieces,
      ),
    ),
    breaks: [EXACT],
  },
  {
    name: 'gives a byte more than was asked for',
    make: spoilTracks(track =>
      readWith(track, (pieces, { first, last }) =>
        change(pieces, (piece, at) =>
          first === 1 && first + at + piece.length > last ? Buffer.concat([piece, Buffer.of(0)]) : piece,
        ),
      ),
    ),
    breaks: [EXACT],
  },
  {
    name: 'gives text',
    make: spoilTracks(track =>
      readWith(track, (pieces, { first, last }) =>
        change(pieces, piece =>
          first === 0 && last === 0 ? (String(piece) as unknown as Uint8Array) : piece,
        ),
      ),
    ),
    breaks: [EXACT],
  },
  {
    name: 'has one position for all reads of a track',
    make: spoilTracks((track, { id, store }) => {
      const content = store.get(id)?.bytes ?? EMPTY
      let position = 0
      return readWith(track, (pieces, { first }) =>
        change(pieces, (piece, at) => {
          if (at === 0) position = first
          const own = content.slice(position, position + piece.length)
          position += piece.length
          return own
        }),
      )
    }),
    breaks: [AT_ONCE],
  },
  {
    name: 'uses one buffer again and again',
    make: spoilTracks(track =>
      readWith(track, pieces => {
        const buffer = new Uint8Array(65_536)
        return change(pieces, piece => {
          buffer.set(piece)
          return buffer.subarray(0, piece.length)
        })
      }),
    ),
    breaks: [PIECES],
  },
  {
    name: 'reads what is stored when a read begins',
    make: spoilTracks((track, { id, store }) =>
      readWith(track, (pieces, { first }) => {
        const current = store.get(id)?.bytes ?? EMPTY
        return change(pieces, (piece, at) => current.slice(first + at, first + at + piece.length))
      }),
    ),
    breaks: [BETWEEN],
  },
  {
    name: 'looks at the version when a read begins, and never again',
    make: spoilTracks((track, { id, store }) => {
      const { version } = store.get(id) ?? {}
      return readWith(track, (pieces, { first }) =>
        change(pieces, (piece, at) => {
          const current = store.get(id)
          if (at === 0 && current?.version !== version) throw new SourceError('changed')
          return current === undefined ? piece : current.bytes.slice(first + at, first + at + piece.length)
        }),
      )
    }),
    breaks: [DURING],
  },
  {
    name: 'calls a replaced track unreadable',
    make: spoilTracks((track, { id, store }) => {
      const { version } = store.get(id) ?? {}
      return readWith(track, pieces =>
        change(pieces, piece => {
          const current = store.get(id)
          if (current !== undefined && current.version !== version) throw new SourceError('read_error')
          return piece
        }),
      )
    }),
    breaks: [BETWEEN, DURING],
  },
  {
    name: 'ends early when the track is removed',
    make: spoilTracks((track, { id, store }) =>
      readWith(track, pieces => change(pieces, piece => (store.tracks.has(id) ? piece : EMPTY))),
    ),
    breaks: [REMOVED],
  },
]
