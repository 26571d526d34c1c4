/** The ids that the router lets through: those that `isTrackId` accepts, which are stranger than those of most apps. */
import { makeContent } from '../contents'
import type { Law } from '../law'
import { expectBytes } from '../mismatch'
import { expectNothing } from './description'

/** As long as an id may be: up to 4 bytes a letter, which is more than a file name or a key of a bucket may have. */
const LONGEST = ['a', '-', '_', '9', 'é', 'ก', '曲', '\u0301', '𝒜', '𐐷', '\u{20000}'].map(letter =>
  letter.repeat(512),
)

/** What a file system, an object, a shell or a comparison of texts may take for something else. */
const ODD = [
  '__proto__',
  'constructor',
  'hasOwnProperty',
  'toString',
  '-rf',
  '--help',
  'CON',
  'nul',
  'NaN',
  '１２３',
  'Ⅷ½',
  'ﬁ',
  'İıſK',
  'e\u0301',
  '\u0301',
  '\u0345',
  '\uFE0F',
  '\u034F',
  '\u3164',
  'कि',
  'กำ',
  'မြန်မာ',
  'ខ្មែរ',
  'தமிழ்',
  'שָׁלוֹם',
  'موسيقى',
  '\u1100\u1161\u11A8',
  '각',
]

export const ID_LAWS: readonly Law[] = [
  {
    name: 'finds nothing under the longest and oddest ids',
    async check(lab) {
      for (const id of [...LONGEST, ...ODD]) await expectNothing(lab, id)
    },
  },
  {
    name: 'finds tracks by ids of all scripts',
    async check(lab) {
      const ids = ['曲-01_é', 'कि-กำ', 'שָׁלוֹם', 'e\u0301', '𝒜𐐷', 'x'.repeat(100)].map(
        end => `${lab.newId()}-${end}`,
      )
      for (const [index, id] of [...ids, '__proto__'].entries()) {
        const content = makeContent(100 + index, index)
        const track = await lab.open(await lab.put(content, { id }))
        expectBytes(
          await lab.read(track, { first: 0, last: content.length - 1 }),
          content,
          0,
          content.length - 1,
        )
        lab.close(track)
      }
    },
  },
]
