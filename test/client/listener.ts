/** A page with a media element that is kept playing, by a clock that tests move. */
import { setMaxListeners } from 'node:events'
import {
  keepPlaying,
  type KeepPlayingOptions,
  type LinkKeeper,
  type RenewedLink,
} from '../../src/client/index.ts'
import { ScriptedMedia } from './scripted-media'

// Node takes more than ten listeners of one signal for a leak.
setMaxListeners(50)

export interface Listener {
  readonly media: ScriptedMedia
  readonly player: LinkKeeper
  /** How often the client called `sign`. */
  readonly signings: () => number
  readonly renewed: RenewedLink[]
  readonly errors: unknown[]
  /** What `sign` does from now on. */
  answer: (count: number) => unknown
}

export interface ListenerOptions extends Partial<KeepPlayingOptions> {
  readonly media?: ScriptedMedia
  /** By default, links that live an hour, each with a number of its own. */
  readonly answer?: (count: number) => unknown
}

export function listen({ media = new ScriptedMedia(), answer, ...options }: ListenerOptions = {}): Listener {
  const renewed: RenewedLink[] = []
  const errors: unknown[] = []
  let signings = 0
  const app = { answer: answer ?? (count => linkOf(3600, count)) }
  const player = keepPlaying(media.element, {
    sign: () => {
      signings += 1
      return app.answer(signings) as string
    },
    onRenew: link => {
      renewed.push(link)
    },
    onError: error => {
      errors.push(error)
    },
    random: () => 0,
    ...options,
  })
  return Object.assign(app, { media, player, signings: () => signings, renewed, errors })
}

export function linkOf(life: number, count: number): string {
  return `/s?expires=${Math.floor(Date.now() / 1000) + life}&n=${count}`
}

/** Someone who listens at second 100 of an hour, of which a minute is in the buffer. */
export async function listenAt100(options?: ListenerOptions): Promise<Listener> {
  const listener = listen(options)
  const { media } = listener
  await settled()
  await media.play()
  media.receive()
  media.buffer([0, 160])
  media.reach(100)
  return listener
}

/** Lets all be done that needs no time. */
export async function settled(): Promise<void> {
  await jest.advanceTimersByTimeAsync(0)
}

export async function pass(seconds: number): Promise<void> {
  await jest.advanceTimersByTimeAsync(seconds * 1000)
}
