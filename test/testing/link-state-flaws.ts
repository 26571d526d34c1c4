/** Flaws of states of links: who begins, and who listens. */
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { BeginOptions, HoldOptions } from '../../src/links/state/link-state'
import type { StateFlaw } from './spoil-state'

type Begun = 'begun' | 'known' | 'full'
type Held = 'held' | 'full' | 'displaced'

export const BEGIN_FLAWS: readonly StateFlaw[] = [
  {
    name: 'lets one more begin than the limit says',
    spoil: state => ({
      begin: (link, keys, options) =>
        state.begin(link, keys, { ...options, limit: options.limit === 0 ? 0 : options.limit + 1 }),
    }),
    breaks: [
      'lets as many listeners begin as the limit says',
      'counts the listeners of each link apart',
      'lets exactly as many begin at once, on several nodes',
      'counts a listener once, however often it begins at once',
      'knows a listener by any of its keys, also those that came later, when the link is full',
      'notes up to 16 keys of a listener',
    ],
  },
  {
    name: 'counts the listeners of all links together',
    spoil: state => ({ begin: (_link, keys, options) => state.begin('link', keys, options) }),
    breaks: ['counts the listeners of each link apart', 'keeps links and keys of all characters apart'],
  },
  {
    name: 'looks first and counts later',
    spoil: state => {
      const counts = new Map<string, number>()
      return {
        async begin(link, keys, options) {
          const known = await state.begin(link, keys, { ...options, limit: 0 })
          if (known === 'known') return known
          const count = counts.get(link) ?? 0
          if (count >= options.limit) return 'full'
          await nextTurn()
          counts.set(link, count + 1)
          return state.begin(link, keys, { ...options, limit: Infinity })
        },
      }
    },
    breaks: [
      'lets exactly as many begin at once, on several nodes',
      'forgets who began when the link has ended',
    ],
  },
  {
    name: 'counts each command',
    spoil: state => {
      const counts = new Map<string, number>()
      return {
        begin(link, keys, options) {
          const count = counts.get(link) ?? 0
          if (count >= options.limit) return state.begin(link, keys, { ...options, limit: 0 })
          counts.set(link, count + 1)
          return state.begin(link, keys, options)
        },
      }
    },
    breaks: [
      'counts a listener once, however often it begins at once',
      'forgets who began when the link has ended',
    ],
  },
  {
    name: 'is full for those who began, too',
    spoil: state => {
      const counts = new Map<string, number>()
      return {
        async begin(link, keys, options) {
          if (options.limit > 0 && (counts.get(link) ?? 0) >= options.limit) return 'full'
          const result = await state.begin(link, keys, options)
          if (result === 'begun') counts.set(link, (counts.get(link) ?? 0) + 1)
          return result
        },
      }
    },
    breaks: [
      'knows a listener by any of its keys, also those that came later, when the link is full',
      'notes up to 16 keys of a listener',
      'forgets who began when the link has ended',
    ],
  },
  {
    name: 'knows a listener by its first key alone',
    spoil: state => ({ begin: (link, keys, options) => state.begin(link, keys.slice(0, 1), options) }),
    breaks: [
      'knows a listener by any of its keys, also those that came later, when the link is full',
      'notes more keys of a known listener when the limit is 0',
      'notes up to 16 keys of a listener',
    ],
  },
  {
    name: 'takes each key for a listener',
    spoil: state => ({
      async begin(link, keys, options) {
        const results: Begun[] = []
        for (const key of keys) results.push(await state.begin(link, [key], options))
        return (['known', 'begun'] as const).find(result => results.includes(result)) ?? 'full'
      },
    }),
    breaks: [
      'knows a listener by any of its keys, also those that came later, when the link is full',
      'notes more keys of a known listener when the limit is 0',
      'notes up to 16 keys of a listener',
    ],
  },
  {
    name: 'notes those who only ask',
    spoil: state => ({
      async begin(link, keys, options) {
        if (options.limit > 0) return state.begin(link, keys, options)
        const result = await state.begin(link, keys, { ...options, limit: Infinity })
        return result === 'begun' ? 'full' : result
      },
    }),
    breaks: ['notes nobody new when the limit is 0'],
  },
  {
    name: 'notes no keys of those who only ask',
    spoil: state => ({
      async begin(link, keys, options) {
        if (options.limit > 0) return state.begin(link, keys, options)
        for (const key of keys) if ((await state.begin(link, [key], options)) === 'known') return 'known'
        return 'full'
      },
    }),
    breaks: ['notes more keys of a known listener when the limit is 0'],
  },
  {
    name: 'takes Infinity for 32',
    spoil: state => ({
      begin: (link, keys, options) =>
        state.begin(link, keys, { ...options, limit: Math.min(32, options.limit) }),
    }),
    breaks: ['lets everybody begin when the limit is Infinity'],
  },
  {
    name: 'notes keys without end',
    spoil: state => ({ begin: withAliases<BeginOptions, Begun>((...args) => state.begin(...args)) }),
    breaks: ['notes up to 16 keys of a listener'],
  },
  {
    name: 'knows one key of a listener',
    spoil: state => ({
      async begin(link, keys, options) {
        for (const key of keys)
          if ((await state.begin(link, [key], { ...options, limit: 0 })) === 'known') return 'known'
        return state.begin(link, keys, options)
      },
    }),
    breaks: [
      'knows a listener by any of its keys, also those that came later, when the link is full',
      'notes more keys of a known listener when the limit is 0',
      'notes up to 16 keys of a listener',
    ],
  },
  {
    name: 'cuts keys at a colon',
    spoil: state => ({
      begin: (link, keys, options) => state.begin(link, keys.map(cutAtColon), options),
    }),
    breaks: ['keeps links and keys of all characters apart'],
  },
  {
    name: 'never forgets who began',
    spoil: state => ({
      begin: (link, keys, options) => state.begin(link, keys, { ...options, seconds: 1000 }),
    }),
    breaks: ['forgets who began when the link has ended'],
  },
  {
    name: 'forgets who began at once',
    spoil: state => ({ begin: (link, keys, options) => state.begin(link, keys, { ...options, seconds: 0 }) }),
    breaks: [
      'lets as many listeners begin as the limit says',
      'counts the listeners of each link apart',
      'lets exactly as many begin at once, on several nodes',
      'counts a listener once, however often it begins at once',
      'knows a listener by any of its keys, also those that came later, when the link is full',
      'notes nobody new when the limit is 0',
      'notes more keys of a known listener when the limit is 0',
      'lets everybody begin when the limit is Infinity',
      'notes up to 16 keys of a listener',
      'keeps links and keys of all characters apart',
      'forgets who began when the link has ended',
    ],
  },
  {
    name: 'never settles',
    spoil: () => ({ begin: () => new Promise(() => undefined) }),
    breaks: [
      'lets as many listeners begin as the limit says',
      'counts the listeners of each link apart',
      'lets exactly as many begin at once, on several nodes',
      'counts a listener once, however often it begins at once',
      'knows a listener by any of its keys, also those that came later, when the link is full',
      'notes nobody new when the limit is 0',
      'notes more keys of a known listener when the limit is 0',
      'lets everybody begin when the limit is Infinity',
      'notes up to 16 keys of a listener',
      'keeps links and keys of all characters apart',
      'forgets who began when the link has ended',
    ],
  },
]

export const HOLD_FLAWS: readonly StateFlaw[] = [
  {
    name: 'gives one place more than the limit says',
    spoil: state => ({
      hold: (subject, keys, options) => state.hold(subject, keys, { ...options, limit: options.limit + 1 }),
    }),
    breaks: [
      'gives as many places as the limit says',
      'counts the listeners of each subject apart',
      'gives exactly as many places at once, on several nodes',
      'keeps the place of a listener by any of its keys, also those that came later',
      'knows up to 16 keys of a place',
      'keeps subjects and holders of all characters apart',
      'frees a place that is not held again',
      'keeps a place that is held again',
      'gives the place of the listener that began first to another one with endOldest',
      'does not give a displaced listener its place back at once, whatever it does',
      'gives a listening listener its place whatever the limit',
    ],
  },
  {
    name: 'counts the places of all subjects together',
    spoil: state => ({ hold: (_subject, keys, options) => state.hold('subject', keys, options) }),
    breaks: [
      'counts the listeners of each subject apart',
      'does not give a displaced listener its place back at once, whatever it does',
    ],
  },
  {
    name: 'looks first and takes a place later',
    spoil: state => {
      const counts = new Map<string, number>()
      return {
        async hold(subject, keys, options) {
          // A limit of 0 gives nobody a place, and whoever has one keeps it.
          const own = await state.hold(subject, keys, { ...options, limit: 0, onLimit: 'refuse' })
          if (own !== 'full') return own
          if (options.onLimit === 'endOldest') return state.hold(subject, keys, options)
          const count = counts.get(subject) ?? 0
          await nextTurn()
          const result = await state.hold(subject, keys, {
            ...options,
            limit: count < options.limit ? 1000 : 0,
          })
          if (result === 'held') counts.set(subject, count + 1)
          return result
        },
      }
    },
    breaks: [
      'gives exactly as many places at once, on several nodes',
      'frees a place that is not held again',
      'gives a listening listener its place whatever the limit',
    ],
  },
  {
    name: 'knows a holder by its first key alone',
    spoil: state => ({ hold: (subject, keys, options) => state.hold(subject, keys.slice(0, 1), options) }),
    breaks: [
      'keeps the place of a listener by any of its keys, also those that came later',
      'knows up to 16 keys of a place',
      'does not give a displaced listener its place back at once, whatever it does',
    ],
  },
  {
    name: 'notes keys of holders without end',
    spoil: state => ({ hold: withAliases<HoldOptions, Held>((...args) => state.hold(...args)) }),
    breaks: ['knows up to 16 keys of a place'],
  },
  {
    name: 'cuts keys of holders at a colon',
    spoil: state => ({
      hold: (subject, keys, options) => state.hold(subject, keys.map(cutAtColon), options),
    }),
    breaks: ['keeps subjects and holders of all characters apart'],
  },
  {
    name: 'never frees a place',
    spoil: state => ({
      hold: (subject, keys, options) => state.hold(subject, keys, { ...options, seconds: 1000 }),
    }),
    breaks: ['frees a place that is not held again'],
  },
  {
    name: 'frees a place at once',
    spoil: state => ({
      hold: (subject, keys, options) => state.hold(subject, keys, { ...options, seconds: 0 }),
    }),
    breaks: [
      'gives as many places as the limit says',
      'counts the listeners of each subject apart',
      'gives exactly as many places at once, on several nodes',
      'keeps the place of a listener by any of its keys, also those that came later',
      'knows up to 16 keys of a place',
      'keeps subjects and holders of all characters apart',
      'frees a place that is not held again',
      'keeps a place that is held again',
      'gives the place of the listener that began first to another one with endOldest',
      'does not give a displaced listener its place back at once, whatever it does',
      'gives a listening listener its place whatever the limit',
    ],
  },
  {
    name: 'does not renew a place',
    spoil: state => {
      const ends = new Map<string, number>()
      return {
        async hold(subject, keys, options) {
          const name = `${subject} ${keys.join(' ')}`
          const now = performance.now() / 1000
          const end = ends.get(name) ?? 0
          const left = end > now ? end - now : options.seconds
          const result = await state.hold(subject, keys, { ...options, seconds: left })
          if (result === 'held') ends.set(name, now + left)
          return result
        },
      }
    },
    breaks: ['keeps a place that is held again'],
  },
  {
    name: 'refuses rather than end the oldest',
    spoil: state => ({
      hold: (subject, keys, options) => state.hold(subject, keys, { ...options, onLimit: 'refuse' }),
    }),
    breaks: [
      'gives the place of the listener that began first to another one with endOldest',
      'does not give a displaced listener its place back at once, whatever it does',
    ],
  },
  {
    name: 'ends the oldest rather than refuse',
    spoil: state => ({
      hold: (subject, keys, options) => state.hold(subject, keys, { ...options, onLimit: 'endOldest' }),
    }),
    breaks: [
      'gives as many places as the limit says',
      'counts the listeners of each subject apart',
      'gives exactly as many places at once, on several nodes',
      'keeps the place of a listener by any of its keys, also those that came later',
      'knows up to 16 keys of a place',
      'keeps subjects and holders of all characters apart',
      'frees a place that is not held again',
      'keeps a place that is held again',
      'gives a listening listener its place whatever the limit',
    ],
  },
  {
    name: 'displaces whoever has not held a place for the longest time',
    spoil: () => ({ hold: holdByRenewal() }),
    breaks: ['gives the place of the listener that began first to another one with endOldest'],
  },
  {
    name: 'is full for a displaced listener',
    spoil: state => ({
      hold: changeResult(
        (...args) => state.hold(...args),
        result => (result === 'displaced' ? 'full' : result),
      ),
    }),
    breaks: [
      'gives the place of the listener that began first to another one with endOldest',
      'does not give a displaced listener its place back at once, whatever it does',
    ],
  },
  {
    name: 'gives a displaced listener a free place',
    spoil: state => {
      let generation = ''
      return {
        async hold(subject, keys, options) {
          const result = await state.hold(subject, keys, options)
          if (result !== 'displaced' || options.limit < 9) return result
          generation += '+'
          return state.hold(subject + generation, keys, options)
        },
      }
    },
    breaks: ['does not give a displaced listener its place back at once, whatever it does'],
  },
  {
    name: 'gives a displaced listener that listens its place back',
    spoil: state => ({
      async hold(subject, keys, options) {
        const result = await state.hold(subject, keys, options)
        return options.isListening ? 'held' : result
      },
    }),
    breaks: ['does not give a displaced listener its place back at once, whatever it does'],
  },
  {
    name: 'displaces a listener of all subjects',
    spoil: state => {
      const displaced = new Set<string>()
      return {
        async hold(subject, keys, options) {
          if (keys.some(key => displaced.has(key))) return 'displaced'
          const result = await state.hold(subject, keys, options)
          if (result === 'displaced') for (const key of keys) displaced.add(key)
          return result
        },
      }
    },
    breaks: ['does not give a displaced listener its place back at once, whatever it does'],
  },
  {
    name: 'displaces a listener while there is a free place',
    spoil: state => ({
      hold: (subject, keys, options) =>
        state.hold(subject, keys, {
          ...options,
          limit: options.onLimit === 'endOldest' ? Math.max(1, options.limit - 1) : options.limit,
        }),
    }),
    breaks: [
      'gives the place of the listener that began first to another one with endOldest',
      'displaces nobody while there are free places',
    ],
  },
  {
    name: 'refuses a listener that listens',
    spoil: state => ({
      hold: (subject, keys, options) => state.hold(subject, keys, { ...options, isListening: false }),
    }),
    breaks: [
      'gives a listening listener its place whatever the limit',
      'displaces nobody for a listening listener',
    ],
  },
]

function cutAtColon(key: string): string {
  return key.split(':', 1)[0] ?? ''
}

function changeResult(hold: StateHold, change: (result: Held) => Held): StateHold {
  return async (...args) => change(await hold(...args))
}

type StateHold = (subject: string, keys: readonly string[], options: HoldOptions) => Held | Promise<Held>

/** Notes any number of keys beside one that is known. */
function withAliases<Options extends BeginOptions | HoldOptions, Result extends string>(
  call: (name: string, keys: readonly string[], options: Options) => Result | Promise<Result>,
) {
  const first = new Map<string, string>()
  return async (name: string, keys: readonly string[], options: Options): Promise<Result> => {
    const known = keys.map(key => first.get(`${name} ${key}`)).find(key => key !== undefined)
    const result = await call(name, known === undefined ? keys : [known, ...keys], options)
    const own = known ?? keys[0]
    if (result !== 'full' && own !== undefined) for (const key of keys) first.set(`${name} ${key}`, own)
    return result
  }
}

/** Places of which the one that was not held for the longest time goes to another listener. */
function holdByRenewal(): StateHold {
  const holders: { subject: string; keys: Set<string>; until: number; isDisplaced: boolean }[] = []
  return (subject, keys, { limit, seconds, onLimit, isListening }) => {
    const now = performance.now() / 1000
    const live = holders.filter(holder => holder.subject === subject && holder.until > now)
    const own = live.find(holder => keys.some(key => holder.keys.has(key)))
    if (own?.isDisplaced === true) return 'displaced'
    const held = live.filter(({ isDisplaced }) => !isDisplaced)
    const [oldest] = held
    if (own === undefined && held.length >= limit && !isListening) {
      if (onLimit === 'refuse' || oldest === undefined) return 'full'
      Object.assign(oldest, { isDisplaced: true, until: now + 30 })
    }
    const renewed = own ?? { subject, keys: new Set(), until: 0, isDisplaced: false }
    if (own !== undefined) holders.splice(holders.indexOf(own), 1)
    for (const key of keys) if (renewed.keys.size < 16) renewed.keys.add(key)
    holders.push(Object.assign(renewed, { until: Math.max(renewed.until, now + seconds) }))
    return 'held'
  }
}
