/** Flaws of what a source says of its tracks. */
import { Buffer } from 'node:buffer'
import { randomUUID } from 'node:crypto'
import { SourceError, type SourceTrack } from 'express-signed-stream'
import { spoilSource, spoilTracks, type Flaw } from './spoil'

const LIMITS = 'has time limits that are whole milliseconds, if it has any'
const DESCRIBES = 'describes a track by its size, a type that is served, a strong entity tag and valid dates'
const DESCRIBES_EMPTY = 'describes an empty track as one of 0 bytes'
const ALIKE = 'describes an unchanged track in the same way each time'
const OTHERS_ALIKE = 'describes a track as another source over the same storage does'
const KNOWN = 'returns what is known, or describes it in the same way, while the track has not changed'
const STALE = 'does not return what is known when the track has changed'
const WANTED =
  'describes a track in the same way whatever range is wanted first, and gives only its bytes as prefix'
const NEW_TAG = 'gives other bytes another entity tag'
const TAG_OF_REMOVED = 'gives a track that was removed and stored again another entity tag'
const FORGETS = 'finds nothing when a track was removed'
const LOCATES = 'locates a track under the same key each time, and another track under another key'

export const DESCRIPTION_FLAWS: readonly Flaw[] = [
  {
    name: 'throws for an unknown id',
    make: spoilSource(source => ({
      open(id, context) {
        const track = source.open(id, context)
        if (track === undefined && id.startsWith('contract')) throw new SourceError('unavailable')
        return track
      },
    })),
    breaks: ['finds nothing under an unknown id', FORGETS],
  },
  {
    name: 'finds properties of an object',
    make: spoilSource(source => ({
      open: (id, context) => (id in {} ? (Reflect.get({}, id) as SourceTrack) : source.open(id, context)),
    })),
    breaks: ['finds nothing under the longest and oddest ids', 'finds tracks by ids of all scripts'],
  },
  {
    name: 'throws for a name that is too long',
    make: spoilSource(source => ({
      open(id, context) {
        if (Buffer.byteLength(id) > 1024) throw new Error('KeyTooLong')
        return source.open(id, context)
      },
    })),
    breaks: ['finds nothing under the longest and oddest ids'],
  },
  {
    name: 'knows ids in ASCII alone',
    make: spoilSource(source => ({
      open: (id, context) => (/^[\w-]*$/.test(id) ? source.open(id, context) : undefined),
    })),
    breaks: ['finds tracks by ids of all scripts'],
  },
  {
    name: 'says milliseconds as text',
    make: spoilSource(() => ({ timeouts: { idle: -1 } })),
    breaks: [LIMITS],
  },
  {
    name: 'gives the storage no time',
    make: spoilSource(() => ({ timeouts: { total: 0 } })),
    breaks: [LIMITS],
  },
  {
    name: 'says a type that is not served',
    make: spoilTracks(() => ({ type: 'text/html' })),
    breaks: [DESCRIBES, DESCRIBES_EMPTY],
  },
  {
    name: 'says an alias of the type',
    make: spoilTracks(({ type, size }) =>
      size > 0 && type === 'audio/flac' ? { type: 'audio/x-flac' } : {},
    ),
    breaks: [DESCRIBES],
  },
  {
    name: 'has weak entity tags',
    make: spoilTracks(({ etag }) => ({ etag: `W/${etag}` })),
    breaks: [DESCRIBES, DESCRIBES_EMPTY],
  },
  {
    name: 'has entity tags that break a header',
    make: spoilTracks(({ etag }) => ({ etag: etag.replace(/"$/, '\r\n"') })),
    breaks: [DESCRIBES, DESCRIBES_EMPTY],
  },
  {
    name: 'has an invalid date',
    make: spoilTracks(({ size }) => (size > 0 ? { lastModified: new Date('never') } : {})),
    breaks: [DESCRIBES],
  },
  {
    name: 'has an empty file name',
    make: spoilTracks(({ size }) => (size > 0 ? { fileName: '' } : {})),
    breaks: [DESCRIBES],
  },
  {
    name: 'has a size that is too small',
    make: spoilTracks(({ size }) => (size === 300_001 ? { size: 300_000 } : {})),
    breaks: [DESCRIBES],
  },
  {
    name: 'finds no empty track',
    make: spoilSource(source => ({
      open(id, context) {
        const track = source.open(id, context)
        return track?.size === 0 ? undefined : track
      },
    })),
    breaks: [DESCRIBES_EMPTY, WANTED],
  },
  {
    name: 'counts its openings in the entity tag',
    make: spoilTracks(({ etag }, { count }) => ({ etag: etag.replace(/"$/, `-${count}"`) })),
    breaks: [ALIKE, WANTED, KNOWN],
  },
  {
    name: 'has entity tags of its own',
    make: store => {
      const salt = randomUUID()
      return spoilTracks(({ etag }) => ({ etag: etag.replace(/"$/, `-${salt}"`) }))(store)
    },
    breaks: [OTHERS_ALIKE, KNOWN],
  },
  {
    name: 'makes up a key each time',
    make: spoilSource(() => ({ locate: () => ({ key: randomUUID() }) })),
    breaks: [LOCATES],
  },
  {
    name: 'has one key for all tracks',
    make: spoilSource(() => ({ locate: () => ({ key: 'tracks' }) })),
    breaks: [LOCATES],
  },
  {
    name: 'locates by an alias of the type',
    make: spoilSource(() => ({ locate: id => ({ key: id, type: 'audio/mp3' }) })),
    breaks: [LOCATES],
  },
  {
    name: 'has the size as its entity tag',
    make: spoilTracks(({ size }) => ({ etag: `"${size}"` })),
    breaks: [NEW_TAG, TAG_OF_REMOVED, STALE],
  },
  {
    name: 'counts versions from 1 again when a track was removed',
    make: spoilTracks((_track, { id, store }) => ({ etag: `"${id}-${store.get(id)?.revision ?? 0}"` })),
    breaks: [TAG_OF_REMOVED],
  },
  {
    name: 'returns what is known unasked',
    make: spoilSource(source => ({ open: (id, context) => context.known ?? source.open(id, context) })),
    breaks: [FORGETS, STALE],
  },
  {
    name: 'gives a prefix from elsewhere',
    make: spoilTracks(({ prefix }) =>
      prefix !== undefined && prefix.first > 0
        ? { prefix: { ...prefix, first: prefix.first - 1, last: prefix.last - 1 } }
        : {},
    ),
    breaks: [WANTED],
  },
  {
    name: 'finds nothing when a range beyond the end is wanted',
    make: spoilSource(source => ({
      open(id, context) {
        const track = source.open(id, context)
        return track !== undefined && context.want.first > track.size ? undefined : track
      },
    })),
    breaks: [WANTED],
  },
]
