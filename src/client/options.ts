/** The options of the client, judged once. */
import type { KeepPlayingOptions } from './keep-playing.ts'

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
