/** Who may listen at a time. */
import { setTimeout as sleep } from 'node:timers/promises'
import { MAX_KEYS } from '../../links/state/link-state'
import { expectThat } from '../mismatch'
import { ODD_NAMES } from './begin-laws'
import type { StateLaw } from './law'
import { expectEnd, SHORT } from './moments'

const END_OLDEST = { onLimit: 'endOldest' } as const
const LISTENING = { isListening: true } as const

export const HOLD_LAWS: readonly StateLaw[] = [
  {
    name: 'gives as many places as the limit says',
    async check(lab) {
      const [subject, a, b, c] = lab.newNames(4) as [string, string, string, string]
      await lab.hold(subject, [a], { limit: 2 }, 'held', 'for the first listener of two')
      await lab.hold(subject, [b], { limit: 2 }, 'held', 'for the second listener of two')
      await lab.hold(subject, [c], { limit: 2 }, 'full', 'for a third listener of two')
      await lab.hold(
        subject,
        [a],
        { limit: 2 },
        'held',
        'for a listener that has a place, when another was refused',
      )
      await lab.hold(subject, [c], { limit: 3 }, 'held', 'when the limit is higher')
    },
  },
  {
    name: 'counts the listeners of each subject apart',
    async check(lab) {
      const [subject, other, a, b] = lab.newNames(4) as [string, string, string, string]
      await lab.hold(subject, [a], { limit: 1 }, 'held', 'for the first listener')
      await lab.hold(other, [b], { limit: 1 }, 'held', 'for the first listener of another subject')
      await lab.hold(other, [a], { limit: 1 }, 'full', 'for a listener that has a place elsewhere alone')
    },
  },
  {
    name: 'gives exactly as many places at once, on several nodes',
    async check(lab) {
      const subject = lab.newName()
      const limit = 3
      const answers = await Promise.all(lab.newNames(60).map(key => lab.tryHold(subject, [key], { limit })))
      const count = answers.filter(answer => answer === 'held').length
      expectThat(count === limit, `${limit} of 60 listeners to get a place`, count)
    },
  },
  {
    name: 'keeps the place of a listener by any of its keys, also those that came later',
    async check(lab) {
      const [subject, first, second, third, other] = lab.newNames(5) as [
        string,
        string,
        string,
        string,
        string,
      ]
      const options = { limit: 1 }
      await lab.hold(subject, [first, second], options, 'held', 'for the first listener')
      await lab.hold(subject, [second], options, 'held', 'for its second key')
      await lab.hold(subject, [third, second], options, 'held', 'for a new key beside one that has a place')
      await lab.hold(subject, [third], options, 'held', 'for the key that came later')
      await lab.hold(subject, [other], options, 'full', 'for another listener')
    },
  },
  {
    name: `knows up to ${MAX_KEYS} keys of a place`,
    async check(lab) {
      const [subject, first, ...others] = lab.newNames(2 + MAX_KEYS + 4) as [string, string, ...string[]]
      for (const key of others) {
        await lab.hold(subject, [first, key], { limit: 1 }, 'held', 'beside a key that has a place')
      }
      for (const [index, key] of others.entries()) {
        const number = index + 2
        const expected = number <= MAX_KEYS ? 'held' : 'full'
        await lab.hold(subject, [key], { limit: 1 }, expected, `for key ${number} of a listener`)
      }
    },
  },
  {
    name: 'keeps subjects and holders of all characters apart',
    async check(lab) {
      const name = lab.newName()
      const limit = ODD_NAMES.length
      for (const subject of ODD_NAMES) {
        for (const key of ODD_NAMES) {
          await lab.hold(`${name}${subject}`, [key], { limit }, 'held', `for the key ${key}`)
        }
        await lab.hold(`${name}${subject}`, [name], { limit }, 'full', 'when as many others have places')
      }
    },
  },
  {
    name: 'frees a place that is not held again',
    async check(lab) {
      const [subject, a, b] = lab.newNames(3) as [string, string, string]
      await expectEnd(
        () => lab.tryHold(subject, [a], { limit: 1, seconds: SHORT }),
        () => lab.tryHold(subject, [b], { limit: 1 }),
        { early: 'full', late: 'held', what: 'the lease of the only place' },
      )
    },
  },
  {
    name: 'keeps a place that is held again',
    async check(lab) {
      const [subject, a, b] = lab.newNames(3) as [string, string, string]
      const lease = { limit: 1, seconds: 2 * SHORT }
      let renewed = performance.now()
      await lab.hold(subject, [a], lease, 'held', 'for the first listener')
      const end = renewed + 3 * SHORT * 1000
      while (performance.now() < end) {
        await sleep(100)
        const other = await lab.tryHold(subject, [b], { limit: 1 })
        // A busy machine may be too late to renew.
        if (performance.now() - renewed > lease.seconds * 1000) return
        expectThat(
          other === 'full',
          "'full' for another listener while the place is held again and again",
          other,
        )
        renewed = performance.now()
        await lab.hold(subject, [a], lease, 'held', 'for the listener that has the place')
      }
    },
  },
  {
    name: 'gives the place of the listener that began first to another one with endOldest',
    async check(lab) {
      const [subject, a, b, c] = lab.newNames(4) as [string, string, string, string]
      const options = { limit: 2, ...END_OLDEST }
      await lab.hold(subject, [a], options, 'held', 'for the first listener of two')
      await lab.hold(subject, [b], options, 'held', 'for the second listener of two')
      await lab.hold(subject, [a], options, 'held', 'for the first listener again')
      await lab.hold(subject, [c], options, 'held', 'for a third listener with endOldest')
      await lab.hold(subject, [b], options, 'held', 'for the listener that did not begin first')
      await lab.hold(subject, [a], options, 'displaced', 'for the listener that began first')
    },
  },
  {
    name: 'does not give a displaced listener its place back at once, whatever it does',
    async check(lab) {
      const [subject, first, second, other] = lab.newNames(4) as [string, string, string, string]
      const options = { limit: 1, ...END_OLDEST }
      await lab.hold(subject, [first, second], options, 'held', 'for the first listener')
      await lab.hold(
        subject,
        [other],
        { ...options, seconds: SHORT },
        'held',
        'for another one with endOldest',
      )
      await lab.hold(subject, [first], options, 'displaced', 'for the one that was displaced')
      await sleep(SHORT * 1000 + 50)
      await lab.hold(subject, [second], options, 'displaced', 'for its other key')
      await lab.hold(subject, [second], { ...options, ...LISTENING }, 'displaced', 'while it listens')
      await lab.hold(subject, [second], { limit: 9 }, 'displaced', 'when the place is free again')
      await lab.hold(lab.newName(), [first], options, 'held', 'for another subject')
    },
  },
  {
    name: 'displaces nobody while there are free places',
    async check(lab) {
      const [subject, a, b] = lab.newNames(3) as [string, string, string]
      const options = { limit: 2, ...END_OLDEST }
      await lab.hold(subject, [a], options, 'held', 'for the first listener of two')
      await lab.hold(subject, [b], options, 'held', 'for the second listener of two')
      await lab.hold(subject, [a], options, 'held', 'for the first listener again')
    },
  },
  {
    name: 'gives a listening listener its place whatever the limit',
    async check(lab) {
      const [subject, a, b, c] = lab.newNames(4) as [string, string, string, string]
      await lab.hold(subject, [a], { limit: 1 }, 'held', 'for the first listener')
      await lab.hold(subject, [b], { limit: 1, ...LISTENING }, 'held', 'for another one that listens')
      await lab.hold(subject, [a], { limit: 1 }, 'held', 'for the first listener again')
      await lab.hold(subject, [b], { limit: 1 }, 'held', 'for the one that has listened')
      await lab.hold(subject, [c], { limit: 2 }, 'full', 'for a third one, as both are counted')
    },
  },
  {
    name: 'displaces nobody for a listening listener',
    async check(lab) {
      const [subject, a, b] = lab.newNames(3) as [string, string, string]
      const options = { limit: 1, ...END_OLDEST }
      await lab.hold(subject, [a], options, 'held', 'for the first listener')
      await lab.hold(subject, [b], { ...options, ...LISTENING }, 'held', 'for another one that listens')
      await lab.hold(subject, [a], options, 'held', 'for the first listener again')
    },
  },
]
