/** What a source says of a track that has changed since it was opened. */
import type { SourceTrack } from '../../source/track-source'
import { changeByte, makeContent } from '../contents'
import type { Lab } from '../lab'
import type { Law } from '../law'
import { expectBytes, expectChanged, expectThat } from '../mismatch'
import { settle } from '../time-limit'
import { expectAlike } from './description'

const SIZE = 300_000

export const CHANGE_LAWS: readonly Law[] = [
  {
    name: 'gives other bytes another entity tag',
    async check(lab) {
      const content = makeContent(SIZE)
      const id = await lab.put(content)
      let known = await lab.open(id)
      for (const version of [changeByte(content, 0), changeByte(content, SIZE - 1), makeContent(SIZE - 1)]) {
        await lab.replace(id, version)
        known = await expectNewVersion(lab, id, known, version)
      }
    },
  },
  {
    name: 'gives a track that was removed and stored again another entity tag',
    async check(lab) {
      const content = makeContent(SIZE)
      const id = await lab.put(content)
      const known = await lab.open(id)
      await lab.remove(id)
      const version = changeByte(content, SIZE / 2)
      await lab.put(version, { id })
      await expectNewVersion(lab, id, known, version)
    },
  },
  {
    name: 'finds nothing when a track was removed',
    async check(lab) {
      const id = await lab.put(makeContent(SIZE))
      const known = await lab.open(id)
      await lab.remove(id)
      for (const options of [{}, { known }]) {
        const found = await lab.openLater(id, track => track === undefined, options)
        expectThat(found === undefined, 'undefined', found)
      }
    },
  },
  {
    name: 'returns what is known, or describes it in the same way, while the track has not changed',
    async check(lab) {
      const content = makeContent(SIZE)
      const id = await lab.put(content)
      const known = await lab.open(id)
      const track = await lab.open(id, { known })
      expectAlike(track, known)
      expectBytes(await lab.read(track, { first: 9, last: SIZE - 1 }), content, 9, SIZE - 1)
      // A new source may be given what another one opened.
      expectAlike(await lab.open(id, { known, source: await lab.makeSource() }), known)
    },
  },
  {
    name: 'does not return what is known when the track has changed',
    async check(lab) {
      const content = makeContent(SIZE)
      const id = await lab.put(content)
      const known = await lab.open(id)
      const version = changeByte(content, 1000)
      await lab.replace(id, version)
      await expectNewVersion(lab, id, known, version, { known })
    },
  },
]

/** Until the source has seen the change it may have the old version, with the bytes of that. */
async function expectNewVersion(
  lab: Lab,
  id: string,
  old: SourceTrack,
  content: Uint8Array,
  options: { readonly known?: SourceTrack } = {},
): Promise<SourceTrack> {
  const track = await lab.openLater(id, found => found !== undefined && found.etag !== old.etag, options)
  expectThat(track !== undefined, 'the new version', track)
  expectThat(track.etag !== old.etag, 'another entity tag for other bytes', track.etag)
  expectThat(track.size === content.length, `a size of ${content.length}`, track.size)
  const read = await settle(() => lab.read(track, { first: 0, last: track.size - 1 }))
  if ('error' in read) expectChanged(read.error)
  else expectBytes(read.value, content, 0, content.length - 1)
  return track
}
