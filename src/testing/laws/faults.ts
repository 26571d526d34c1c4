/** What a source does when its storage fails. */
import { setTimeout as sleep } from 'node:timers/promises'
import { isNativeError } from 'node:util/types'
import { SourceError } from '../../source/source'
import type { SourceTrack } from '../../source/track-source'
import { makeContent, MIB } from '../contents'
import type { Lab } from '../lab'
import type { Law } from '../law'
import { expectBytes, expectThat } from '../mismatch'
import { begin, readToEnd } from '../pieces'
import { END_LIMIT, settle, STEP_LIMIT, within, type Settled } from '../time-limit'
import { leave } from './leaving'

const SIZE = MIB
const WHOLE = { first: 0, last: SIZE - 1 }
const TIME_IS_UP = new Error('The time is up')

/** Milliseconds in which a storage nearby has sent what it sends before it stalls. */
const UNTIL_STALLED = 100

export const FAULT_LAWS: readonly Law[] = [
  {
    name: 'ends a read that is aborted while the storage stalls',
    needs: 'stall',
    async check(lab) {
      const id = await lab.put(makeContent(SIZE))
      const track = await lab.open(id)
      const before = await lab.countHandles()
      await lab.inflict('stall', id)
      for (const wait of [0, UNTIL_STALLED]) {
        const giveUp = new AbortController()
        const iterator = begin(track, WHOLE, giveUp)
        const reading = settle(() => readToEnd(iterator, SIZE))
        await sleep(wait)
        giveUp.abort(TIME_IS_UP)
        const read = await within(END_LIMIT, reading, 'a read that is aborted to end')
        expectThat('error' in read, 'an error', 'the end of the range')
        await leave(iterator)
        await lab.expectHandles(before, 'a read was aborted')
      }
    },
  },
  {
    name: 'ends an opening, and its prefix, that is aborted while the storage stalls',
    needs: 'stall',
    async check(lab) {
      const id = await lab.put(makeContent(SIZE))
      const before = await lab.countHandles()
      await lab.inflict('stall', id)
      const giveUp = new AbortController()
      let track: SourceTrack | undefined
      const opening = settle(async () => {
        track = await lab.look(id, { signal: giveUp.signal })
        if (track?.prefix !== undefined) await lab.readPrefix(track.prefix)
      })
      await sleep(UNTIL_STALLED)
      giveUp.abort(TIME_IS_UP)
      await within(END_LIMIT, opening, 'an opening that is aborted to end')
      lab.close(track)
      await lab.expectHandles(before, 'an opening was aborted')
    },
  },
  {
    name: 'throws when the storage closes the connection before the last byte',
    needs: 'cut',
    async check(lab) {
      const content = makeContent(SIZE)
      const id = await lab.put(content)
      const track = await lab.open(id)
      const before = await lab.countHandles()
      await lab.inflict('cut', id)
      const read = await settle(() => lab.read(track, WHOLE))
      if ('value' in read) expectBytes(read.value, content, 0, SIZE - 1)
      await lab.expectHandles(before, 'a read failed')
    },
  },
  {
    name: 'throws a SourceError that is denied, rather than find nothing, when the storage denies access',
    needs: 'deny',
    async check(lab) {
      const { opened, read } = await tryDuring(lab, 'deny')
      const isDenied = opened instanceof SourceError && opened.kind === 'unavailable' && opened.isDenied
      expectThat(isDenied, "a SourceError 'unavailable' of open whose isDenied is true", opened)
      if ('value' in read) expectBytes(read.value, makeContent(SIZE), 0, SIZE - 1)
    },
  },
  {
    name: 'throws, rather than find nothing, when the storage fails',
    needs: 'fail',
    async check(lab) {
      const { opened, read } = await tryDuring(lab, 'fail')
      const { kind } = opened instanceof SourceError ? opened : { kind: 'unavailable' }
      expectThat(
        isNativeError(opened) && kind === 'unavailable',
        "an error, or a SourceError 'unavailable'",
        opened,
      )
      if ('value' in read) expectBytes(read.value, makeContent(SIZE), 0, SIZE - 1)
    },
  },
]

interface Tries {
  /** The error of an opening, or the track that was found after all. */
  readonly opened: unknown
  readonly read: Settled<Uint8Array>
}

/** Opens a track, and reads one that was opened before, during a fault. */
async function tryDuring(lab: Lab, fault: 'deny' | 'fail'): Promise<Tries> {
  const id = await lab.put(makeContent(SIZE))
  const track = await lab.open(id)
  const before = await lab.countHandles()
  await lab.inflict(fault, id)
  // A new source has no connection from before the fault.
  const source = await lab.makeSource()
  const opening = settle(() => lab.look(id, { source }))
  const opened = await within(STEP_LIMIT, opening, 'open to settle')
  const read = await settle(() => lab.read(track, WHOLE))
  await lab.expectHandles(before, 'an opening failed')
  return { opened: 'error' in opened ? opened.error : opened.value, read }
}
