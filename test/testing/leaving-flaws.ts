/** Flaws of what a source does when a client leaves or a track is closed. */
import { type SourceTrack } from 'express-signed-stream'
import { MemorySource } from '../support/memory-source'
import { atEnd, change, copyOf, never, one, readWith, spoilSource, spoilTracks, type Flaw } from './spoil'

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

const EMPTY = new Uint8Array(0)

export const LEAVING_FLAWS: readonly Flaw[] = [
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
]
