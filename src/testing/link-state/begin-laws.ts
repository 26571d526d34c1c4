/** Who may begin with a link. */
import { MAX_KEYS } from '../../links/state/link-state'
import { expectThat } from '../mismatch'
import type { StateLaw } from './law'
import { expectEnd, SHORT } from './moments'

/** What a data base, an object or a pattern may take for something else. */
export const ODD_NAMES = [
  '{}',
  'a:b',
  'a:c',
  '{a}:b',
  '__proto__',
  'count',
  '*',
  '"',
  "'",
  '\r\n',
  ' ',
  '曲',
  '0',
  '-1',
]

export const BEGIN_LAWS: readonly StateLaw[] = [
  {
    name: 'lets as many listeners begin as the limit says',
    async check(lab) {
      const [link, a, b, c] = lab.newNames(4) as [string, string, string, string]
      await lab.begin(link, [a], 2, 'begun', 'for the first listener of two')
      await lab.begin(link, [b], 2, 'begun', 'for the second listener of two')
      await lab.begin(link, [c], 2, 'full', 'for a third listener of two')
      await lab.begin(link, [c], 3, 'begun', 'when the limit is higher')
    },
  },
  {
    name: 'counts the listeners of each link apart',
    async check(lab) {
      const [link, other, a, b] = lab.newNames(4) as [string, string, string, string]
      await lab.begin(link, [a], 1, 'begun', 'for the first listener')
      await lab.begin(other, [b], 1, 'begun', 'for the first listener of another link')
      await lab.begin(other, [a], 1, 'full', 'for a listener that is known of another link alone')
    },
  },
  {
    name: 'lets exactly as many begin at once, on several nodes',
    async check(lab) {
      const link = lab.newName()
      const limit = 3
      const answers = await Promise.all(
        lab.newNames(60).map(key => lab.ask(link, [key], { limit, seconds: 60 })),
      )
      const count = answers.filter(answer => answer === 'begun').length
      expectThat(count === limit, `${limit} of 60 listeners to begin`, count)
      expectThat(!answers.includes('known'), 'no listener to be known', answers)
    },
  },
  {
    name: 'counts a listener once, however often it begins at once',
    async check(lab) {
      const [link, a, b, c] = lab.newNames(4) as [string, string, string, string]
      const answers = await Promise.all(
        Array.from({ length: 20 }, () => lab.ask(link, [a], { limit: 2, seconds: 60 })),
      )
      const count = answers.filter(answer => answer === 'begun').length
      expectThat(
        count === 1 && !answers.includes('full'),
        "one 'begun', and 'known' for the same listener",
        answers,
      )
      await lab.begin(link, [b], 2, 'begun', 'for the second listener')
      await lab.begin(link, [c], 2, 'full', 'for a third listener of two')
    },
  },
  {
    name: 'knows a listener by any of its keys, also those that came later, when the link is full',
    async check(lab) {
      const [link, first, second, third, other] = lab.newNames(5) as [string, string, string, string, string]
      await lab.begin(link, [first, second], 1, 'begun', 'for the first listener')
      await lab.begin(link, [first], 1, 'known', 'for its first key')
      await lab.begin(link, [second], 1, 'known', 'for its second key')
      await lab.begin(link, [third, second], 1, 'known', 'for a new key beside one that is known')
      await lab.begin(link, [third], 1, 'known', 'for the key that came later')
      await lab.begin(link, [other], 1, 'full', 'for another listener')
    },
  },
  {
    name: 'notes nobody new when the limit is 0',
    async check(lab) {
      const [link, a, b] = lab.newNames(3) as [string, string, string]
      await lab.begin(link, [a], 0, 'full', 'for an unknown listener')
      await lab.begin(link, [b], 1, 'begun', 'for another listener after that')
      await lab.begin(link, [a], 0, 'full', 'for a listener that has only asked')
      await lab.begin(link, [b], 0, 'known', 'for a listener that has begun')
    },
  },
  {
    name: 'notes more keys of a known listener when the limit is 0',
    async check(lab) {
      const [link, a, b] = lab.newNames(3) as [string, string, string]
      await lab.begin(link, [a], 1, 'begun', 'for the first listener')
      await lab.begin(link, [a, b], 0, 'known', 'for a listener that has begun')
      await lab.begin(link, [b], 0, 'known', 'for the key that came with it')
    },
  },
  {
    name: 'lets everybody begin when the limit is Infinity',
    async check(lab) {
      const [link, ...keys] = lab.newNames(40) as [string, ...string[]]
      for (const key of keys) await lab.begin(link, [key], Infinity, 'begun', 'without a limit')
      for (const key of keys) await lab.begin(link, [key], 0, 'known', 'for a listener that has begun')
    },
  },
  {
    name: `notes up to ${MAX_KEYS} keys of a listener`,
    async check(lab) {
      const [link, first, ...others] = lab.newNames(2 + MAX_KEYS + 4) as [string, string, ...string[]]
      await lab.begin(link, [first], 1, 'begun', 'for the first listener')
      for (const key of others) await lab.begin(link, [first, key], 1, 'known', 'beside a key that is known')
      await lab.begin(link, [first], 1, 'known', 'for the first key')
      for (const [index, key] of others.entries()) {
        const number = index + 2
        await lab.begin(
          link,
          [key],
          1,
          number <= MAX_KEYS ? 'known' : 'full',
          `for key ${number} of a listener`,
        )
      }
    },
  },
  {
    name: 'keeps links and keys of all characters apart',
    async check(lab) {
      const name = lab.newName()
      for (const link of ODD_NAMES) {
        for (const key of ODD_NAMES)
          await lab.begin(`${name}${link}`, [key], Infinity, 'begun', `for the key ${key}`)
      }
      for (const link of ODD_NAMES)
        await lab.begin(`${name}${link}`, [link], 0, 'known', `for the key ${link}`)
    },
  },
  {
    name: 'forgets who began when the link has ended',
    async check(lab) {
      const [link, a, b] = lab.newNames(3) as [string, string, string]
      await expectEnd(
        () => lab.ask(link, [a], { limit: 1, seconds: SHORT }),
        // The later call has less time left.
        () => lab.ask(link, [a], { limit: 0, seconds: SHORT / 100 }),
        { early: 'known', late: 'full', what: 'the link' },
      )
      await lab.begin(link, [b], 1, 'begun', 'for another listener after the link has ended')
    },
  },
]
