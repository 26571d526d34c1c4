/** The options of the client, validated once, with all defaults. */
import type { RenewedLink } from './link.ts'
import { boundedRandom, type Random } from './random.ts'
import type { Refusal } from './refusal.ts'
import type { Sign } from './sign.ts'

export interface KeepPlayingOptions {
  /** Gets a new link from the app: at once, before each expiry, and when a link has failed. */
  readonly sign: Sign
  /**
   * Seconds before the expiry at which a renewal may begin; never more than half of a link's life. Renewals are
   * spread over the first half of it, so that players whose links expire together do not all sign at once.
   * @defaultValue 30
   */
  readonly leeway?: number | undefined
  /** Receives each link that the element gets, the first included. */
  readonly onRenew?: ((link: RenewedLink) => unknown) | undefined
  /**
   * Receives a MediaError, what `sign` threw, or an Error if no data arrive, when the client gives up until the listener
   * does something.
   */
  readonly onError?: ((error: unknown) => unknown) | undefined
  /**
   * Receives a refusal of your server to sign, at once and in place of `onError`: the listener is not logged in, or may no
   * longer hear the track. What is in the buffer plays on, unless you call `stop()`.
   * @defaultValue `onError` receives it
   */
  readonly onRefused?: ((refusal: Refusal) => unknown) | undefined
  /**
   * Numbers from 0 up to 1 that spread renewals and retries; for tests.
   * @defaultValue `Math.random`
   */
  readonly random?: Random | undefined
}

const NAMES = ['sign', 'leeway', 'onRenew', 'onError', 'onRefused', 'random']

export interface Settings extends KeepPlayingOptions {
  readonly leeway: number
  readonly random: Random
}

/** @throws TypeError or RangeError that names the option that is wrong */
export function readOptions(options: KeepPlayingOptions): Settings {
  const unknown = Object.keys(options).find(name => !NAMES.includes(name))
  if (unknown !== undefined) throw wrong(`unknown option ${JSON.stringify(unknown)}`)
  const { sign, leeway = 30, onRenew, onError, onRefused, random = Math.random } = options
  for (const [name, value] of Object.entries({ sign, onRenew, onError, onRefused, random })) {
    const isMissing = value === undefined && name !== 'sign'
    if (!isMissing && typeof value !== 'function')
      throw wrong(`${name} must be a function, got ${typeof value}`)
  }
  if (typeof leeway !== 'number' || !(leeway >= 0)) {
    throw new RangeError(`Cannot keep playing: leeway must be seconds, 0 or more, got ${String(leeway)}`)
  }
  return { sign, leeway, onRenew, onError, onRefused, random: boundedRandom(random) }
}

function wrong(what: string): TypeError {
  return new TypeError(`Cannot keep playing: ${what}`)
}
