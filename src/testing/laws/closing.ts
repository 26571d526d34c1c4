/** What holds after `close`, for tracks that have it. */
import { Buffer } from 'node:buffer'
import { makeContent, MIB } from '../contents'
import type { Law } from '../law'
import { expectBytes, expectThat, show, Mismatch } from '../mismatch'
import { begin, nextPiece, readToEnd } from '../pieces'
import { settle, STEP_LIMIT, within } from '../time-limit'

const SIZE = 2 * MIB + 3
const WHOLE = { first: 0, last: SIZE - 1 }

export const CLOSING_LAWS: readonly Law[] = [
  {
    name: 'frees what a track holds when it is closed, also when it is closed twice',
    async check(lab) {
      const id = await lab.put(makeContent(SIZE))
      const before = await lab.countHandles()
      const track = await lab.open(id)
      await lab.read(track, { first: 0, last: 10 })
      lab.close(track)
      const second = await settle(() => track.close?.())
      if ('error' in second)
        throw new Mismatch('no error of a second close', show(second.error), second.error)
      await lab.expectHandles(before, 'the track was closed')
    },
  },
  {
    name: 'reads the whole range or throws when its track is closed during a read',
    async check(lab) {
      const content = makeContent(SIZE)
      const track = await lab.open(await lab.put(content))
      const iterator = begin(track, WHOLE, new AbortController())
      const start = Buffer.from((await nextPiece(iterator)) ?? [])
      lab.close(track)
      const read = await settle(async () => Buffer.concat([start, await readToEnd(iterator, SIZE)]))
      if ('value' in read) expectBytes(read.value, content, 0, SIZE - 1)
    },
  },
  {
    name: 'closes a track without harm to another one of the same id',
    async check(lab) {
      const content = makeContent(SIZE)
      const id = await lab.put(content)
      const [track, other] = [await lab.open(id), await lab.open(id)]
      const reading = lab.read(other, WHOLE)
      lab.close(track)
      expectBytes(await reading, content, 0, SIZE - 1)
      expectBytes(await lab.read(other, WHOLE), content, 0, SIZE - 1)
    },
  },
  {
    name: 'reads nothing after close',
    async check(lab) {
      const track = await lab.open(await lab.put(makeContent(SIZE)))
      if (track.close === undefined) return
      lab.close(track)
      const read = await within(
        STEP_LIMIT,
        settle(() => lab.read(track, { first: 0, last: 10 })),
        'a read after close to end',
      )
      if ('value' in read) expectThat(false, 'an error', read.value)
    },
  },
]
