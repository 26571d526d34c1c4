/** Many players of one server, by one clock. */
import { keepPlaying, type LinkKeeper } from '../../src/client/index.ts'
import type { Random } from '../../src/client/random.ts'
import { settled } from './listener'
import { ScriptedMedia } from './scripted-media'

export interface Crowd {
  readonly players: readonly LinkKeeper[]
  /** How often `sign` was called in each second, in order; seconds without a call are left out. */
  readonly perSecond: () => readonly number[]
  /** Forgets the calls so far. */
  readonly forget: () => void
  /** What `sign` does from now on. */
  sign: () => unknown
}

/** Each wants to listen, and is at second 100 of an hour as soon as it has a link. */
export async function gather(size: number, sign: () => unknown, leeway?: number): Promise<Crowd> {
  const random = seeded(1)
  const calls = new Map<number, number>()
  const crowd = { sign }
  const medias = Array.from({ length: size }, () => new ScriptedMedia())
  for (const media of medias) {
    await media.play()
    media.addEventListener('loadstart', () => {
      media.receive()
      media.reach(100)
    })
  }
  const players = medias.map(({ element }) =>
    keepPlaying(element, {
      sign: () => {
        const second = Math.floor(Date.now() / 1000)
        calls.set(second, (calls.get(second) ?? 0) + 1)
        return crowd.sign() as string
      },
      leeway,
      random,
    }),
  )
  await settled()
  return Object.assign(crowd, {
    players,
    perSecond: () => [...calls.values()],
    forget: () => {
      calls.clear()
    },
  })
}

/** The same numbers in each run (mulberry32). */
export function seeded(seed: number): Random {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
