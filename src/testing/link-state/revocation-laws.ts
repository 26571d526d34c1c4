/** The list of revocations. */
import { isNativeError } from 'node:util/types'
import { isDeepStrictEqual } from 'node:util'
import type { RevocationEntry, RevocationKind } from '../../links/state/link-state'
import { expectThat } from '../mismatch'
import { now } from './lab'
import type { StateLaw } from './law'

const KINDS: readonly RevocationKind[] = ['link', 'listener', 'track', 'key', 'all', 'stream']

/** More than fit into a page of most data bases. */
const MANY_ENTRIES = 1200

function count(entries: readonly RevocationEntry[], entry: RevocationEntry): number {
  return entries.filter(each => isDeepStrictEqual({ ...each }, { ...entry })).length
}

function expectOnce(entries: readonly RevocationEntry[], entry: RevocationEntry, where: string): void {
  const times = count(entries, entry)
  expectThat(times === 1, `${JSON.stringify(entry)} once ${where}`, `${times} times`)
}

function expectNone(entries: readonly RevocationEntry[], entry: RevocationEntry, where: string): void {
  const times = count(entries, entry)
  expectThat(times === 0, `${JSON.stringify(entry)} not ${where}`, `${times} times`)
}

function isListFull(error: unknown): boolean {
  return isNativeError(error) && error.name === 'RevocationListFull'
}

export const REVOCATION_LAWS: readonly StateLaw[] = [
  {
    name: 'reads entries with all their fields',
    async check(lab) {
      const values = ['曲-01_é', '__proto__', '', 'a|b:c {d}', '\u0000', 'x'.repeat(512)]
      const entries = [
        ...KINDS.map(kind => lab.newEntry({ kind })),
        ...values.map(value => lab.newEntry({ kind: 'track', value, before: now() })),
        lab.newEntry({ until: undefined }),
        lab.newEntry({ endsStreams: false }),
        lab.newEntry({ before: 0 }),
      ]
      for (const entry of entries) await lab.add(entry)
      const page = await lab.readAll()
      expectThat(page.isStart, 'isStart of a read without a cursor', page.isStart)
      for (const entry of entries) expectOnce(page.entries, entry, 'in the list')
    },
  },
  {
    name: 'reads what was added since a cursor, and nothing else',
    async check(lab) {
      await lab.add(lab.newEntry())
      const { cursor } = await lab.readAll()
      const added = [lab.newEntry(), lab.newEntry(), lab.newEntry()]
      for (const entry of added) await lab.add(entry)
      const page = await lab.readAll(cursor)
      expectThat(!page.isStart, 'isStart: false when only entries were added', page.isStart)
      expectThat(
        isDeepStrictEqual(
          page.entries.map(({ value }) => value),
          added.map(({ value }) => value),
        ),
        'the three entries that were added since the cursor, in their order',
        page.entries,
      )
    },
  },
  {
    name: 'reads nothing when nothing was added since a cursor',
    async check(lab) {
      await lab.add(lab.newEntry())
      let page = await lab.readAll()
      for (let again = 0; again < 3; again++) {
        page = await lab.readPage(page.cursor)
        const isEmpty = page.entries.length === 0 && !page.isStart && !page.hasMore
        expectThat(isEmpty, 'an empty page, with isStart and hasMore false', page)
      }
    },
  },
  {
    name: 'keeps an entry that is added again once',
    async check(lab) {
      const entry = lab.newEntry()
      await Promise.all(Array.from({ length: 5 }, () => lab.add(entry)))
      const page = await lab.readAll()
      expectOnce(page.entries, entry, 'in the list')
      await lab.add({ ...entry })
      const later = await lab.readPage(page.cursor)
      expectThat(later.entries.length === 0, 'nothing new when an entry is added again', later.entries)
    },
  },
  {
    name: 'keeps entries apart that differ in one field',
    async check(lab) {
      const entry = lab.newEntry()
      const others: RevocationEntry[] = [
        { ...entry, kind: 'listener' },
        { ...entry, before: entry.before + 1 },
        { ...entry, endsStreams: false },
      ]
      for (const each of [entry, ...others]) await lab.add(each)
      const { entries } = await lab.readAll()
      for (const each of [entry, ...others]) expectOnce(entries, each, 'in the list')
    },
  },
  {
    name: 'reads a long list in pages, each entry once, while others are added',
    async check(lab) {
      const first = Array.from({ length: MANY_ENTRIES }, () => lab.newEntry())
      for (let index = 0; index < first.length; index += 100) {
        await Promise.all(first.slice(index, index + 100).map(entry => lab.add(entry)))
      }
      const start = await lab.readPage(undefined)
      const second = [lab.newEntry(), lab.newEntry()]
      for (const entry of second) await lab.add(entry)
      const list = await lab.readOn(start)
      const entries = [...list.entries, ...(await lab.readAll(list.cursor)).entries]
      const times = new Map<string, number>()
      for (const { value } of entries) times.set(value, (times.get(value) ?? 0) + 1)
      const wrong = [...first, ...second].filter(({ value }) => times.get(value) !== 1)
      expectThat(
        wrong.length === 0,
        'each entry once in the pages',
        `${wrong.length} not at all or several times`,
      )
    },
  },
  {
    name: 'throws RevocationListFull at its capacity, and keeps what it has',
    async check(lab) {
      const [before, last, beyond] = [lab.newEntry({ until: undefined }), lab.newEntry(), lab.newEntry()]
      await lab.add(before)
      const max = (await lab.countEntries()) + 1
      await lab.add(last, max)
      const refused = await lab.tryAdd(beyond, max)
      expectThat('error' in refused, 'RevocationListFull for one entry more than max', 'nothing')
      expectThat(isListFull(refused.error), 'RevocationListFull for one entry more than max', refused.error)
      await lab.add(last, max)
      const { entries } = await lab.readAll()
      expectOnce(entries, before, 'in the list')
      expectOnce(entries, last, 'in the list')
      expectNone(entries, beyond, 'in the list')
    },
  },
  {
    name: 'forgets what has ended rather than throw at its capacity',
    async check(lab) {
      const ended = lab.newEntry({ until: now() - 10 })
      const [next, beyond] = [lab.newEntry(), lab.newEntry()]
      await lab.add(ended)
      const max = (await lab.countEntries()) + 1
      await lab.add(next, max)
      const { entries } = await lab.readAll()
      expectOnce(entries, next, 'in the list')
      const refused = await lab.tryAdd(beyond, max)
      expectThat(
        'error' in refused,
        'RevocationListFull when as many entries as max have not ended',
        'nothing',
      )
    },
  },
  {
    name: 'reads the list from its beginning when what it kept is lost',
    needs: 'forget',
    async check(lab) {
      const entries = [lab.newEntry(), lab.newEntry()]
      for (const entry of entries) await lab.add(entry)
      const { cursor } = await lab.readAll()
      await lab.forget()
      const empty = await lab.readPage(cursor)
      expectThat(empty.isStart && empty.entries.length === 0, 'the beginning of an empty list', empty)
      const again = await lab.readPage(empty.cursor)
      expectThat(!again.isStart && again.entries.length === 0, 'nothing more of an empty list', again)
      const size = (await lab.countEntries()) + 2
      // As many as before, in the same places but for the order.
      for (const entry of [...entries].reverse()) await lab.add(entry)
      const page = await lab.readAll(cursor)
      expectThat(page.isStart && page.entries.length === size, 'the list from its beginning', page)
    },
  },
]
