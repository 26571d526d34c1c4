/** Flaws of what a source reads, and of what it holds while it does. */
import { Buffer } from 'node:buffer'
import { SourceError, type SourceTrack } from 'express-signed-stream'
import { MemorySource } from '../support/memory-source'
import { copyOf, readWith, spoilSource, spoilTracks, type Flaw } from './spoil'

const EXACT = 'reads exactly the bytes of a range'
const AT_ONCE = 'reads several ranges at the same time'
const PIECES = 'does not write to the pieces that it gave'
const BETWEEN = 'reads only the version that was opened when the track is replaced between two reads'
const DURING = 'reads only the version that was opened when the track is replaced during a read'
const REMOVED = 'reads the whole range or throws when the track is removed during a read'
const ABORTED_OPENING = 'opens a track or throws when the opening is aborted'
const PREFIX = 'lets go of a prefix that nobody reads when the opening is aborted afterwards'
const ABORTED_EARLY = 'ends a read that is aborted before it begins'
const ABORTED = 'ends a read that is aborted'
const ABORTED_LATE = 'takes an abort after the end of a read'
const LEFT = 'frees what a read holds when its iterator is left early'
const CLOSES = 'frees what a track holds when it is closed, also when it is closed twice'
const CLOSED_DURING = 'reads the whole range or throws when its track is closed during a read'
const NO_HARM = 'closes a track without harm to another one of the same id'
const CLOSED = 'reads nothing after close'
const STALLED = 'ends a read that is aborted while the storage stalls'
const STALLED_OPENING = 'ends an opening, and its prefix, that is aborted while the storage stalls'
const CUT = 'throws when the storage closes the connection before the last byte'
const DENIED = 'throws a SourceError that is denied, rather than find nothing, when the storage denies access'
const FAILED = 'throws, rather than find nothing, when the storage fails'

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
  {
    name: 'waits without its signal',
    make: spoilTracks(track => ({ read: range => track.read(range, new AbortController()) })),
    breaks: [STALLED],
  },
  {
    name: 'keeps a handle of a read that is aborted',
    make: spoilTracks((track, { store }) =>
      readWith(track, (pieces, _range, { signal }) =>
        atEnd(pieces, () => {
          if (signal.aborted) store.handles++
        }),
      ),
    ),
    breaks: [ABORTED_EARLY, ABORTED, STALLED],
  },
  {
    name: 'keeps a handle of a read that is left',
    make: spoilTracks((track, { store }) =>
      readWith(track, (pieces, _range, { signal }) =>
        atEnd(pieces, isLeft => {
          if (isLeft && !signal.aborted) store.handles++
        }),
      ),
    ),
    breaks: [LEFT],
  },
  {
    name: 'reads nothing more of a track of which one read was aborted, be it over or not',
    make: spoilTracks(track => {
      let isBroken = false
      return readWith(track, (pieces, _range, { signal }) => {
        signal.addEventListener('abort', () => (isBroken = true))
        return change(pieces, piece => (isBroken ? EMPTY : piece))
      })
    }),
    breaks: [ABORTED, ABORTED_LATE],
  },
  {
    name: 'never settles an opening that is aborted',
    make: spoilSource(source => ({
      open: (id, context) => (context.signal.aborted ? never() : source.open(id, context)),
    })),
    breaks: [ABORTED_OPENING],
  },
  {
    name: 'finds nothing if the opening is aborted',
    make: spoilSource(source => ({
      open: (id, context) => (context.signal.aborted ? undefined : source.open(id, context)),
    })),
    breaks: [ABORTED_OPENING],
  },
  {
    name: 'waits for the storage without the signal of the opening',
    make: spoilSource((source, store) => ({
      open: (id, context) => (store.stalled.has(id) ? never() : source.open(id, context)),
    })),
    breaks: [STALLED_OPENING],
  },
  {
    name: 'keeps a handle until somebody reads the prefix',
    make: spoilTracks(({ prefix }, { store }) => {
      if (prefix === undefined) return {}
      store.handles++
      const bytes = one(prefix.bytes as Uint8Array, () => store.handles--)
      return { prefix: { ...prefix, bytes } }
    }),
    breaks: [ABORTED_OPENING, PREFIX],
  },
  {
    name: 'cannot be closed twice',
    make: spoilTracks(track => {
      let isOpen = true
      return {
        close() {
          if (!isOpen) throw new Error('EBADF')
          isOpen = false
          track.close?.()
        },
      }
    }),
    breaks: [CLOSES],
  },
  {
    name: 'does not close',
    make: spoilTracks(() => ({ close: () => undefined })),
    breaks: [ABORTED_OPENING, PREFIX, CLOSES, CLOSED, STALLED_OPENING],
  },
  {
    name: 'ends early when the track is closed',
    make: spoilTracks(track => {
      let isOpen = true
      return {
        ...readWith(track, pieces => change(pieces, piece => (isOpen ? piece : EMPTY))),
        close() {
          isOpen = false
          track.close?.()
        },
      }
    }),
    breaks: [CLOSED_DURING],
  },
  {
    name: 'gives one track to all who open it, and closes it with the first',
    make: spoilSource(source => {
      let shared: SourceTrack | undefined
      return {
        open(id, context) {
          const track = source.open(id, context)
          if (track === undefined || track === context.known) return track
          if (track.etag === shared?.etag) {
            track.close?.()
            return shared
          }
          shared = {
            ...copyOf(track),
            close() {
              shared = undefined
              track.close?.()
            },
          }
          return shared
        },
      }
    }),
    breaks: [NO_HARM],
  },
  {
    name: 'reads on after close',
    make: spoilTracks((track, { id, store, context }) => {
      let isOpen = true
      return {
        read(...read) {
          if (isOpen) return track.read(...read)
          return new MemorySource(store).open(id, context)?.read(...read) ?? track.read(...read)
        },
        close() {
          isOpen = false
          track.close?.()
        },
      }
    }),
    breaks: [CLOSED],
  },
  {
    name: 'takes a cut body for a whole one',
    make: spoilTracks((track, { id, store }) =>
      readWith(track, async function* (pieces) {
        try {
          yield* pieces
        } catch (error) {
          if (!store.cut.has(id)) throw error
        }
      }),
    ),
    breaks: [CUT],
  },
  {
    name: 'finds nothing when the storage denies access or fails',
    make: spoilSource((source, store) => ({
      open: (id, context) => (store.isDenied || store.isDown ? undefined : source.open(id, context)),
    })),
    breaks: [DENIED, FAILED],
  },
  {
    name: 'does not say that access is denied',
    make: spoilSource((source, store) => ({
      open(id, context) {
        if (store.isDenied) throw new SourceError('unavailable')
        return source.open(id, context)
      },
    })),
    breaks: [DENIED],
  },
]

/** @param to what takes the place of `piece`, which begins so many bytes after the first */
async function* change(
  pieces: AsyncIterable<Uint8Array>,
  to: (piece: Uint8Array, at: number) => Uint8Array,
): AsyncGenerator<Uint8Array> {
  let at = 0
  for await (const piece of pieces) {
    yield to(piece, at)
    at += piece.length
  }
}

/** @param tell called when the read is over, with whether it was left before its end */
async function* atEnd(
  pieces: AsyncIterable<Uint8Array>,
  tell: (isLeft: boolean) => void,
): AsyncGenerator<Uint8Array> {
  let isLeft = true
  try {
    yield* pieces
    isLeft = false
  } catch (error) {
    isLeft = false
    throw error
  } finally {
    tell(isLeft)
  }
}

/** One piece, and what to do after it. */
// eslint-disable-next-line @typescript-eslint/require-await -- the bytes are in memory
async function* one(piece: Uint8Array, after: () => void): AsyncGenerator<Uint8Array> {
  yield piece
  after()
}

function never(): Promise<never> {
  return new Promise(() => undefined)
}
