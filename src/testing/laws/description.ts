/** What `open` and `locate` say of a track. */
import { isDate } from 'node:util/types'
import { isStrongTag } from '../../http/entity-tag'
import { servedMediaType } from '../../http/media-type'
import type { SourceTrack, TrackSource } from '../../source/track-source'
import { makeContent } from '../contents'
import type { Lab } from '../lab'
import type { Law } from '../law'
import { expectThat } from '../mismatch'
import { settle, STEP_LIMIT, within } from '../time-limit'

export const DESCRIPTION_LAWS: readonly Law[] = [
  {
    name: 'has time limits that are whole milliseconds, if it has any',
    check({ source }) {
      const { firstByte, idle, total } = source.timeouts ?? {}
      for (const [name, value] of Object.entries({ trustFor: source.trustFor, firstByte, idle, total })) {
        const least = name === 'trustFor' ? 0 : 1
        const isRight = value === undefined || (Number.isSafeInteger(value) && value >= least)
        expectThat(isRight, `${name} to be a whole number of milliseconds, ${least} or more`, value)
      }
      return Promise.resolve()
    },
  },
  {
    name: 'finds nothing under an unknown id',
    async check(lab) {
      await expectNothing(lab, lab.newId())
      await lab.put(makeContent(10))
      await expectNothing(lab, lab.newId())
    },
  },
  {
    name: 'describes a track by its size, a type that is served, a strong entity tag and valid dates',
    async check(lab) {
      for (const [length, type] of [
        [1, 'audio/mpeg'],
        [65_536, 'audio/flac'],
        [300_001, 'audio/ogg'],
      ] as const) {
        const track = await lab.open(await lab.put(makeContent(length), { type }))
        expectDescription(track, length)
        lab.close(track)
      }
    },
  },
  {
    name: 'describes an empty track as one of 0 bytes',
    async check(lab) {
      const track = await lab.open(await lab.put(new Uint8Array(0)))
      expectDescription(track, 0)
      lab.close(track)
    },
  },
  {
    name: 'describes an unchanged track in the same way each time',
    async check(lab) {
      const id = await lab.put(makeContent(1000))
      const [first, second] = await Promise.all([lab.open(id), lab.open(id)])
      expectAlike(second, first)
      expectAlike(await lab.open(id), first)
    },
  },
  {
    name: 'describes a track as another source over the same storage does',
    async check(lab) {
      const id = await lab.put(makeContent(1000))
      const track = await lab.open(id)
      expectAlike(await lab.open(id, { source: await lab.makeSource() }), track)
    },
  },
  {
    name: 'locates a track under the same key each time, and another track under another key',
    async check(lab) {
      const [id, other] = [await lab.put(makeContent(10)), await lab.put(makeContent(20))]
      const [first, second, foreign] = [
        await findKey(lab, id),
        await findKey(lab, id),
        await findKey(lab, other),
      ]
      expectThat(first === second, `the key ${JSON.stringify(first)} again`, second)
      expectThat(first !== foreign, 'another key for another id', foreign)
    },
  },
]

async function findKey(lab: Lab, id: string): Promise<string> {
  const location = await within(STEP_LIMIT, lab.locate(id), 'locate to settle')
  expectThat(location !== undefined, 'the location of a track', location)
  const { key, type, fileName } = location
  expectThat(typeof key === 'string' && key !== '', 'a key that is a text', key)
  if (type !== undefined) expectServedType(type)
  expectFileName(fileName)
  return key
}

export async function expectNothing(lab: Lab, id: string, source?: TrackSource): Promise<void> {
  const found = await within(
    STEP_LIMIT,
    settle(() => lab.look(id, source === undefined ? {} : { source })),
    'open to settle',
  )
  const shown =
    id.length <= 80
      ? JSON.stringify(id)
      : `an id of ${id.length} code units, ${JSON.stringify(id.slice(0, 8))}…`
  if ('error' in found) expectThat(false, `undefined for ${shown}`, found.error)
  expectThat(found.value === undefined, `undefined for ${shown}`, found.value)
}

/** Whether two descriptions are of the same version. */
export function expectAlike(track: SourceTrack, known: SourceTrack): void {
  const [got, expected] = [track, known].map(({ size, type, etag, lastModified, fileName }) =>
    JSON.stringify({ size, type, etag, lastModified, fileName }),
  )
  expectThat(got === expected, `the description ${expected ?? ''}`, got)
}

function expectDescription(track: SourceTrack, length: number): void {
  const { size, type, etag, lastModified, fileName } = track
  expectThat(size === length, `a size of ${length}`, size)
  expectServedType(type)
  expectThat(
    typeof etag === 'string' && isStrongTag(etag),
    'a strong entity tag of visible ASCII in quotes',
    etag,
  )
  const isValid = isDate(lastModified) && !Number.isNaN(lastModified.getTime())
  expectThat(
    lastModified === undefined || isValid,
    'a valid Date as lastModified, or undefined',
    lastModified,
  )
  expectFileName(fileName)
}

function expectServedType(type: unknown): void {
  const served = typeof type === 'string' ? servedMediaType(type) : undefined
  expectThat(served !== undefined, 'a media type that is served, such as "audio/mpeg"', type)
  expectThat(served === type, `the media type as it is registered, ${JSON.stringify(served)}`, type)
}

function expectFileName(fileName: unknown): void {
  const isName = typeof fileName === 'string' && fileName !== ''
  expectThat(fileName === undefined || isName, 'a file name that is a text, or undefined', fileName)
}
