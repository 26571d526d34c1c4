/** Flaws of states of links: what was revoked, and what nodes publish. */
import type { RevocationEntry, RevocationPage } from '../../src/links/state/link-state'
import type { LinkState } from '../../src/links/state/link-state'
import type { StateFlaw } from './spoil-state'

export const REVOCATION_FLAWS: readonly StateFlaw[] = [
  {
    name: 'loses whether streams end',
    spoil: spoilEntries(entry => ({ ...entry, endsStreams: true })),
    breaks: ['reads entries with all their fields', 'keeps entries apart that differ in one field'],
  },
  {
    name: 'keeps each entry for an hour at most',
    spoil: spoilEntries(entry => ({ ...entry, until: entry.until ?? entry.before + 3600 })),
    breaks: [
      'reads entries with all their fields',
      'throws RevocationListFull at its capacity, and keeps what it has',
    ],
  },
  {
    name: 'keeps a name of 64 characters',
    spoil: spoilEntries(entry => ({ ...entry, value: entry.value.slice(0, 64) })),
    breaks: ['reads entries with all their fields'],
  },
  {
    name: 'keeps one entry of a name',
    spoil: state => {
      const names = new Set<string>()
      return spoilList(state, {
        add(entry, options) {
          if (names.has(entry.value)) return
          names.add(entry.value)
          return state.revocations.add(entry, options)
        },
      })
    },
    breaks: [
      'keeps entries apart that differ in one field',
      'reads the list from its beginning when what it kept is lost',
    ],
  },
  {
    name: 'keeps an entry as often as it is added',
    spoil: state => {
      const added = new Map<string, number>()
      return spoilList(state, {
        add(entry, options) {
          const text = JSON.stringify(entry)
          const times = added.get(text) ?? 0
          added.set(text, times + 1)
          return state.revocations.add({ ...entry, before: entry.before + times / 1024 }, options)
        },
        read: cursor =>
          changePage(state.revocations.read(cursor), page => ({
            ...page,
            entries: page.entries.map(entry => ({ ...entry, before: Math.floor(entry.before) })),
          })),
      })
    },
    breaks: [
      'keeps an entry that is added again once',
      'throws RevocationListFull at its capacity, and keeps what it has',
    ],
  },
  {
    name: 'reads the whole list each time',
    spoil: state => spoilList(state, { read: () => state.revocations.read(undefined) }),
    breaks: [
      'reads what was added since a cursor, and nothing else',
      'reads nothing when nothing was added since a cursor',
      'keeps an entry that is added again once',
      'reads a long list in pages, each entry once, while others are added',
      'reads the list from its beginning when what it kept is lost',
    ],
  },
  {
    name: 'always says that this is the beginning',
    spoil: spoilPages(page => ({ ...page, isStart: true })),
    breaks: [
      'reads what was added since a cursor, and nothing else',
      'reads nothing when nothing was added since a cursor',
      'reads the list from its beginning when what it kept is lost',
    ],
  },
  {
    name: 'never says that this is the beginning',
    spoil: spoilPages(page => ({ ...page, isStart: false })),
    breaks: [
      'reads entries with all their fields',
      'reads the list from its beginning when what it kept is lost',
    ],
  },
  {
    name: 'always has more',
    spoil: spoilPages(page => ({ ...page, hasMore: true })),
    breaks: [
      'reads entries with all their fields',
      'reads what was added since a cursor, and nothing else',
      'reads nothing when nothing was added since a cursor',
      'keeps an entry that is added again once',
      'keeps entries apart that differ in one field',
      'reads a long list in pages, each entry once, while others are added',
      'throws RevocationListFull at its capacity, and keeps what it has',
      'forgets what has ended rather than throw at its capacity',
      'reads the list from its beginning when what it kept is lost',
    ],
  },
  {
    name: 'reads the newest 1000 entries',
    spoil: spoilPages(page => ({ ...page, entries: page.entries.slice(-1000) })),
    breaks: ['reads a long list in pages, each entry once, while others are added'],
  },
  {
    name: 'reads from a cursor in the opposite order',
    spoil: spoilPages(page => (page.isStart ? page : { ...page, entries: [...page.entries].reverse() })),
    breaks: ['reads what was added since a cursor, and nothing else'],
  },
  {
    name: 'reads the last entry again',
    spoil: state => {
      let last: RevocationEntry | undefined
      return spoilList(state, {
        read: cursor =>
          changePage(state.revocations.read(cursor), page => {
            const before = page.isStart || last === undefined ? [] : [last]
            last = page.entries.at(-1) ?? last
            return { ...page, entries: [...before, ...page.entries] }
          }),
      })
    },
    breaks: [
      'reads what was added since a cursor, and nothing else',
      'reads nothing when nothing was added since a cursor',
      'keeps an entry that is added again once',
      'reads a long list in pages, each entry once, while others are added',
      'reads the list from its beginning when what it kept is lost',
    ],
  },
  {
    name: 'counts pages as its cursor',
    spoil: state => {
      return spoilList(state, {
        async read(cursor) {
          const page = await state.revocations.read(undefined)
          const first = Number(cursor ?? 0)
          return {
            entries: page.entries.slice(first),
            cursor: String(page.entries.length),
            isStart: cursor === undefined || first > page.entries.length,
            hasMore: false,
          }
        },
      })
    },
    breaks: ['reads the list from its beginning when what it kept is lost'],
  },
  {
    name: 'has no capacity',
    spoil: state =>
      spoilList(state, {
        add: (entry, options) => state.revocations.add(entry, { ...options, max: Infinity }),
      }),
    breaks: [
      'throws RevocationListFull at its capacity, and keeps what it has',
      'forgets what has ended rather than throw at its capacity',
    ],
  },
  {
    name: 'forgets the oldest rather than throw',
    spoil: state => {
      const kept = new Set<string>()
      return spoilList(state, {
        async add(entry, options) {
          await state.revocations.add(entry, { ...options, max: Infinity })
          kept.add(JSON.stringify(entry))
          for (const text of kept) if (kept.size > options.max) kept.delete(text)
        },
        read: cursor =>
          changePage(state.revocations.read(cursor), page => ({
            ...page,
            entries: page.entries.filter(entry => kept.has(JSON.stringify(entry))),
          })),
      })
    },
    breaks: [
      'throws RevocationListFull at its capacity, and keeps what it has',
      'forgets what has ended rather than throw at its capacity',
    ],
  },
  {
    name: 'throws an error of its own at its capacity',
    spoil: state =>
      spoilList(state, {
        async add(entry, options) {
          try {
            await state.revocations.add(entry, options)
          } catch {
            throw new Error('OOM command not allowed')
          }
        },
      }),
    breaks: ['throws RevocationListFull at its capacity, and keeps what it has'],
  },
  {
    name: 'throws at its capacity for an entry that it has',
    spoil: state => {
      let error: Error | undefined
      return spoilList(state, {
        async add(entry, options) {
          if (error !== undefined && options.max < 1_000_000) throw error
          try {
            await state.revocations.add(entry, options)
          } catch (thrown) {
            error = thrown as Error
            throw thrown
          }
        },
      })
    },
    breaks: ['throws RevocationListFull at its capacity, and keeps what it has'],
  },
  {
    name: 'counts what has ended',
    spoil: state =>
      spoilList(state, {
        add: (entry, options) => state.revocations.add(entry, { ...options, now: 0 }),
      }),
    breaks: ['forgets what has ended rather than throw at its capacity'],
  },
]

export const STREAM_FLAWS: readonly StateFlaw[] = [
  {
    name: 'knows the streams of the last node alone',
    spoil: state =>
      spoilStreams(state, { publish: (_node, ...args) => state.streams?.publish('node', ...args) }),
    breaks: [
      'reads what all nodes have published, and what each published last',
      'forgets what a node published that has ended',
    ],
  },
  {
    name: 'adds what a node publishes',
    spoil: state => {
      let times = 0
      return spoilStreams(state, {
        publish: (node, ...args) => state.streams?.publish(`${node} ${++times}`, ...args),
      })
    },
    breaks: ['reads what all nodes have published, and what each published last'],
  },
  {
    name: 'believes a node for ever',
    spoil: state =>
      spoilStreams(state, { publish: (node, texts) => state.streams?.publish(node, texts, 1000) }),
    breaks: ['forgets what a node published that has ended'],
  },
  {
    name: 'forgets what nodes publish',
    spoil: state => spoilStreams(state, { read: () => [] }),
    breaks: [
      'reads what all nodes have published, and what each published last',
      'forgets what a node published that has ended',
    ],
  },
]

type Revocations = LinkState['revocations']

function spoilList(state: LinkState, changed: Partial<Revocations>): Partial<LinkState> {
  return { revocations: { ...state.revocations, ...changed } }
}

function spoilStreams(
  state: LinkState,
  changed: Partial<NonNullable<LinkState['streams']>>,
): Partial<LinkState> {
  return state.streams === undefined ? {} : { streams: { ...state.streams, ...changed } }
}

/** @param change what is kept of an entry */
function spoilEntries(change: (entry: RevocationEntry) => RevocationEntry): StateFlaw['spoil'] {
  return state => spoilList(state, { add: (entry, options) => state.revocations.add(change(entry), options) })
}

function spoilPages(change: (page: RevocationPage) => RevocationPage): StateFlaw['spoil'] {
  return state => spoilList(state, { read: cursor => changePage(state.revocations.read(cursor), change) })
}

async function changePage(
  page: RevocationPage | Promise<RevocationPage>,
  change: (page: RevocationPage) => RevocationPage,
): Promise<RevocationPage> {
  return change(await page)
}
