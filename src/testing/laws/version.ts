/** Never a mixture: what an open track reads is of the version that it describes. */
import { Buffer } from 'node:buffer'
import type { SourceTrack } from '../../source/track-source'
import { makeContent, MIB } from '../contents'
import type { Law } from '../law'
import { expectBytes, expectChanged } from '../mismatch'
import { begin, nextPiece, readToEnd } from '../pieces'
import { settle } from '../time-limit'

/** More than the buffers of a socket hold, so that the rest of a read is still in the storage. */
const SIZE = 4 * MIB + 3

/** Of the version that comes after. */
const NEW_SIZES = [SIZE, SIZE - 100_000, SIZE + 100_000]

export const VERSION_LAWS: readonly Law[] = [
  {
    name: 'reads only the version that was opened when the track is replaced between two reads',
    async check(lab) {
      const content = makeContent(SIZE)
      for (const size of NEW_SIZES) {
        const id = await lab.put(content)
        const track = await lab.open(id)
        await lab.read(track, { first: 0, last: 10 })
        await lab.replace(id, makeContent(size, 1))
        for (const [first, last] of [
          [11, 400_000],
          [SIZE - 200_000, SIZE - 1],
        ] as const) {
          const read = await settle(() => lab.read(track, { first, last }))
          if ('error' in read) expectChanged(read.error)
          else expectBytes(read.value, content, first, last)
        }
        lab.close(track)
      }
    },
  },
  {
    name: 'reads only the version that was opened when the track is replaced during a read',
    async check(lab) {
      const content = makeContent(SIZE)
      for (const size of NEW_SIZES) {
        const id = await lab.put(content)
        const track = await lab.open(id)
        const read = await readAround(track, () => lab.replace(id, makeContent(size, 1)))
        if ('error' in read) expectChanged(read.error)
        else expectBytes(read.value, content, 0, SIZE - 1)
        lab.close(track)
      }
    },
  },
  {
    name: 'reads the whole range or throws when the track is removed during a read',
    async check(lab) {
      const content = makeContent(SIZE)
      const id = await lab.put(content)
      const track = await lab.open(id)
      const read = await readAround(track, () => lab.remove(id))
      if ('value' in read) expectBytes(read.value, content, 0, SIZE - 1)
      lab.close(track)
    },
  },
]

/** Reads all, and does `harm` after the first piece. */
async function readAround(track: SourceTrack, harm: () => Promise<void>): ReturnType<typeof settle<Buffer>> {
  const iterator = begin(track, { first: 0, last: SIZE - 1 }, new AbortController())
  const piece = (await nextPiece(iterator)) ?? Buffer.of()
  const start = Buffer.from(piece)
  await harm()
  return settle(async () => Buffer.concat([start, await readToEnd(iterator, SIZE)]))
}
