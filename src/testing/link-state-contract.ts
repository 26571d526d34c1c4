import type { LinkState } from '../links/state/link-state'
import { readOptions } from '../options'
import { BEGIN_LAWS } from './link-state/begin-laws'
import { linkStateOptions, type LinkStateHarness } from './link-state/harness'
import { HOLD_LAWS } from './link-state/hold-laws'
import { StateLab } from './link-state/lab'
import type { StateLaw } from './link-state/law'
import { REVOCATION_LAWS } from './link-state/revocation-laws'
import { STREAM_LAWS } from './link-state/stream-laws'
import { expectThat, Mismatch, show } from './mismatch'
import type { ContractTest } from './source-contract'

const LAWS: readonly StateLaw[] = [...BEGIN_LAWS, ...HOLD_LAWS, ...REVOCATION_LAWS, ...STREAM_LAWS]

/**
 * The laws of a `LinkState`, as plain asynchronous functions. Each test makes two states, as two nodes have them, and uses
 * names of its own. Tests may run in any order, one at a time, over a storage of their own: they leave revocations there.
 *
 * @throws TypeError if an option is missing, unknown or not a function
 * @example
 * const send = (...args: string[]) => client.sendCommand(args)
 *
 * const tests = linkStateContract({ make: () => redisState({ send, prefix: 'test:' }) })
 * for (const { name, run } of tests) test(name, run)
 */
export function linkStateContract(harness: LinkStateHarness): ContractTest[] {
  const settings: LinkStateHarness = readOptions('linkStateContract', harness, linkStateOptions)
  const laws: readonly StateLaw[] = settings.only === 'revocations' ? REVOCATION_LAWS : LAWS
  return laws
    .filter(({ needs }) => needs === undefined || settings[needs] !== undefined)
    .map(law => ({
      name: law.name,
      run: () => checkLaw(law, settings),
    }))
}

async function checkLaw(law: StateLaw, harness: LinkStateHarness): Promise<void> {
  try {
    await law.check(new StateLab([await makeState(harness), await makeState(harness)], harness))
  } catch (error) {
    const problem = error instanceof Mismatch ? error.message : `expected no error, got ${show(error)}`
    throw new Error(`A state ${law.name}: ${problem}`, { cause: error })
  }
}

async function makeState(harness: LinkStateHarness): Promise<LinkState> {
  const state: unknown = await harness.make()
  const needed = harness.only === undefined ? ['begin', 'hold'] : []
  const isState =
    typeof state === 'object' &&
    state !== null &&
    needed.every(name => typeof Reflect.get(state, name) === 'function') &&
    typeof Reflect.get(state, 'revocations') === 'object'
  const expected = needed.length === 0 ? 'revocations' : 'begin, hold and revocations'
  expectThat(isState, `make to return a state with ${expected}`, state)
  return state as LinkState
}
