/** The options of the client, judged once. */
import type { RenewedLink } from './link.ts'
import type { Sign } from './sign.ts'

export interface KeepPlayingOptions {
  /** Asks the app for a fresh link: at once, before each expiry, and where a link has failed. */
  readonly sign: Sign
  /**
   * Seconds before the expiry at which it renews; never more than half of what a link lives.
   * @defaultValue 30
   */
  readonly leeway?: number | undefined
  /** Told of every link that is put in, the first included. */
  readonly onRenew?: ((link: RenewedLink) => void) | undefined
  /** Told when it has given up until the listener does something: a MediaError, or what `sign` threw. */
  readonly onError?: ((error: unknown) => void) | undefined
}

const NAMES = ['sign', 'leeway', 'onRenew', 'onError']

/** @throws TypeError or RangeError that names the option that is wrong */
export function judgeOptions(options: KeepPlayingOptions): KeepPlayingOptions & { readonly leeway: number } {
  const unknown = Object.keys(options).find(name => !NAMES.includes(name))
  if (unknown !== undefined) throw wrong(`unknown option ${JSON.stringify(unknown)}`)
  const { sign, leeway = 30, onRenew, onError } = options
  for (const [name, value] of Object.entries({ sign, onRenew, onError })) {
    const isMissing = value === undefined && name !== 'sign'
    if (!isMissing && typeof value !== 'function')
      throw wrong(`${name} must be a function, got ${typeof value}`)
  }
  if (typeof leeway !== 'number' || !(leeway >= 0)) {
    throw new RangeError(`Cannot keep playing: leeway must be seconds, 0 or more, got ${String(leeway)}`)
  }
  return { sign, leeway, onRenew, onError }
}

function wrong(what: string): TypeError {
  return new TypeError(`Cannot keep playing: ${what}`)
}
