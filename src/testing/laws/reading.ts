/** Which bytes come. */
import { Buffer } from 'node:buffer'
import type { SourceTrack, WantedRange } from '../../source/track-source'
import { KIB, makeContent, MIB } from '../contents'
import type { Lab } from '../lab'
import type { Law } from '../law'
import { expectBytes, expectThat } from '../mismatch'
import { begin, nextPiece, type Range } from '../pieces'
import { expectAlike } from './description'

const SIZE = 2 * MIB + 3

/** Single bytes, the ends, and across the sizes of buffers and blocks. */
const RANGES: readonly Range[] = [
  { first: 0, last: 0 },
  { first: SIZE - 1, last: SIZE - 1 },
  { first: SIZE - 4, last: SIZE - 1 },
  ...[64 * KIB, 256 * KIB, MIB, 2 * MIB].flatMap(seam => [
    { first: seam - 1, last: seam - 1 },
    { first: seam, last: seam },
    { first: seam - 1, last: seam },
    { first: seam - 1000, last: seam + 2 },
  ]),
  { first: 1, last: SIZE - 2 },
  { first: 0, last: SIZE - 1 },
]

/** What a router may want first: the start, a seek, the end, more than there is, and less than nothing. */
const WANTS: readonly WantedRange[] = [
  { first: 0, last: 0 },
  { first: 0 },
  { first: 256 * KIB, last: 512 * KIB - 1 },
  { first: SIZE - 1 },
  { first: SIZE - 1, last: SIZE + 1000 },
  { first: -1 },
  { first: -1000 },
  { first: -SIZE - 1 },
  { first: SIZE },
  { first: SIZE + 1000, last: SIZE + 2000 },
  { first: Number.MAX_SAFE_INTEGER },
]

export const READING_LAWS: readonly Law[] = [
  {
    name: 'reads exactly the bytes of a range',
    async check(lab) {
      const content = makeContent(SIZE)
      const track = await lab.open(await lab.put(content))
      for (const range of RANGES) expectBytes(await lab.read(track, range), content, range.first, range.last)
    },
  },
  {
    name: 'reads several ranges at the same time',
    async check(lab) {
      const content = makeContent(SIZE)
      const id = await lab.put(content)
      const [track, other] = [await lab.open(id), await lab.open(id)]
      const reads: readonly (readonly [SourceTrack, Range])[] = [
        [track, { first: 0, last: MIB + 1 }],
        [track, { first: 500_000, last: 900_000 }],
        [track, { first: 500_000, last: 900_000 }],
        [other, { first: MIB - 1, last: SIZE - 1 }],
      ]
      const results = await Promise.all(reads.map(([opened, range]) => lab.read(opened, range)))
      for (const [index, [, { first, last }]] of reads.entries()) {
        expectBytes(results[index] ?? new Uint8Array(0), content, first, last)
      }
    },
  },
  {
    name: 'does not write to the pieces that it gave',
    async check(lab) {
      const content = makeContent(SIZE)
      const id = await lab.put(content)
      const track = await lab.open(id)
      const pieces: Uint8Array[] = []
      const iterator = begin(track, { first: 0, last: SIZE - 1 }, new AbortController())
      for (;;) {
        const piece = await nextPiece(iterator)
        if (piece === undefined) break
        pieces.push(piece)
      }
      await lab.read(track, { first: 1000, last: 500_000 })
      await lab.replace(id, makeContent(SIZE, 1))
      lab.close(track)
      expectBytes(Buffer.concat(pieces), content, 0, SIZE - 1)
    },
  },
  {
    name: 'describes a track in the same way whatever range is wanted first, and gives only its bytes as prefix',
    async check(lab) {
      for (const size of [SIZE, 1, 0]) {
        const content = makeContent(size)
        const id = await lab.put(content)
        const known = await lab.open(id)
        for (const want of WANTS) await expectPrefix(lab, id, want, known, content)
        lab.close(known)
      }
    },
  },
]

async function expectPrefix(
  lab: Lab,
  id: string,
  want: WantedRange,
  known: SourceTrack,
  content: Uint8Array,
): Promise<void> {
  const track = await lab.look(id, { want })
  const when = `when ${JSON.stringify(want)} of ${content.length} bytes is wanted`
  expectThat(track !== undefined, `a track ${when}`, track)
  expectAlike(track, known)
  if (track.prefix !== undefined) {
    const { first, last } = track.prefix
    const isInside =
      [first, last].every(Number.isSafeInteger) && 0 <= first && first <= last && last < content.length
    expectThat(isInside, `a prefix inside the track ${when}`, `${first} to ${last}`)
    expectBytes(await lab.readPrefix(track.prefix), content, first, last)
  }
  lab.close(track)
}
