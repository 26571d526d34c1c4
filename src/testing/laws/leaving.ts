/** A client that leaves: the router aborts the signal, and leaves the iterator. */
import type { SourceTrack } from '../../source/track-source'
import { makeContent, MIB } from '../contents'
import type { Lab } from '../lab'
import type { Law } from '../law'
import { expectBytes, expectThat } from '../mismatch'
import { begin, nextPiece, readToEnd } from '../pieces'
import { END_LIMIT, settle, within } from '../time-limit'

const SIZE = 4 * MIB + 3
const WHOLE = { first: 0, last: SIZE - 1 }
const REASON = new Error('The client has left')

export const LEAVING_LAWS: readonly Law[] = [
  {
    name: 'opens a track or throws when the opening is aborted',
    async check(lab) {
      const id = await lab.put(makeContent(SIZE))
      const before = await lab.countHandles()
      for (const when of ['before', 'during', 'in the next turn'] as const) {
        const leaving = new AbortController()
        function abort(): void {
          leaving.abort(REASON)
        }
        if (when === 'before') abort()
        const onCall = when === 'during' ? abort : () => setImmediate(abort)
        const opening = settle(() => lab.look(id, { signal: leaving.signal, onCall }))
        const opened = await within(END_LIMIT, opening, 'an opening that is aborted to end')
        if ('value' in opened) {
          expectThat(opened.value !== undefined, 'a track, or an error', undefined)
          lab.close(opened.value)
        }
      }
      await lab.expectHandles(before, 'an opening was aborted')
      await expectReadable(lab, await lab.open(id))
    },
  },
  {
    name: 'lets go of a prefix that nobody reads when the opening is aborted afterwards',
    async check(lab) {
      const id = await lab.put(makeContent(SIZE))
      const before = await lab.countHandles()
      const leaving = new AbortController()
      const track = await lab.look(id, { signal: leaving.signal })
      leaving.abort(REASON)
      lab.close(track)
      await lab.expectHandles(before, 'the opening was aborted and the track closed')
    },
  },
  {
    name: 'ends a read that is aborted before it begins',
    async check(lab) {
      const track = await lab.open(await lab.put(makeContent(SIZE)))
      const before = await lab.countHandles()
      await expectEnd(begin(track, WHOLE, { signal: AbortSignal.abort(REASON) }))
      await lab.expectHandles(before, 'a read was aborted before it began')
      await expectReadable(lab, track)
    },
  },
  {
    name: 'ends a read that is aborted',
    async check(lab) {
      const { track, before, leaving, iterator } = await beginReading(lab)
      const pending = settle(() => iterator.next())
      leaving.abort(REASON)
      await within(END_LIMIT, pending, 'a read that is aborted to end')
      await expectEnd(iterator)
      await lab.expectHandles(before, 'a read was aborted')
      await expectReadable(lab, track)
    },
  },
  {
    name: 'takes an abort after the end of a read',
    async check(lab) {
      const track = await lab.open(await lab.put(makeContent(SIZE)))
      const leaving = new AbortController()
      await lab.read(track, { first: 0, last: 100_000 }, leaving.signal)
      leaving.abort(REASON)
      await expectReadable(lab, track)
    },
  },
  {
    name: 'frees what a read holds when its iterator is left early',
    async check(lab) {
      const { track, before, leaving, iterator } = await beginReading(lab)
      // Without this method, nothing but the signal says that the read is over.
      if (iterator.return === undefined) leaving.abort(REASON)
      await leave(iterator)
      await lab.expectHandles(before, 'an iterator was left')
      await expectReadable(lab, track)
    },
  },
]

interface Reading {
  readonly track: SourceTrack
  /** Handles that were open before the read. */
  readonly before: number | undefined
  readonly leaving: AbortController
  readonly iterator: AsyncIterator<Uint8Array>
}

/** A read that has given its first piece. */
async function beginReading(lab: Lab): Promise<Reading> {
  const track = await lab.open(await lab.put(makeContent(SIZE)))
  const before = await lab.countHandles()
  const leaving = new AbortController()
  const iterator = begin(track, WHOLE, leaving)
  await nextPiece(iterator)
  return { track, before, leaving, iterator }
}

/** Reads on after an abort: the read throws or gives what it has, and then the iterator is left. */
async function expectEnd(iterator: AsyncIterator<Uint8Array>): Promise<void> {
  await within(
    END_LIMIT,
    settle(() => readToEnd(iterator, SIZE)),
    'a read that is aborted to end',
  )
  await leave(iterator)
}

/** As `break` in a loop does. */
export async function leave(iterator: AsyncIterator<Uint8Array>): Promise<void> {
  await within(
    END_LIMIT,
    settle(() => iterator.return?.()),
    'an iterator that is left to end',
  )
}

/** The abort of one read does no harm to others. */
async function expectReadable(lab: Lab, track: SourceTrack): Promise<void> {
  const range = { first: MIB - 1, last: MIB + 100_000 }
  expectBytes(await lab.read(track, range), makeContent(SIZE), range.first, range.last)
}
