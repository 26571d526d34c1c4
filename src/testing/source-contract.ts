import { readOptions } from '../options'
import { harnessOptions, type SourceHarness } from './harness'
import { Lab, makeSource } from './lab'
import type { Law } from './law'
import { CHANGE_LAWS } from './laws/change'
import { CLOSING_LAWS } from './laws/closing'
import { DESCRIPTION_LAWS } from './laws/description'
import { FAULT_LAWS } from './laws/faults'
import { ID_LAWS } from './laws/ids'
import { LEAVING_LAWS } from './laws/leaving'
import { READING_LAWS } from './laws/reading'
import { VERSION_LAWS } from './laws/version'
import { Mismatch, show } from './mismatch'

const LAWS: readonly Law[] = [
  ...DESCRIPTION_LAWS,
  ...ID_LAWS,
  ...READING_LAWS,
  ...CHANGE_LAWS,
  ...VERSION_LAWS,
  ...LEAVING_LAWS,
  ...CLOSING_LAWS,
  ...FAULT_LAWS,
]

/** One test, for any test runner. */
export interface ContractTest {
  /** Completes a sentence that begins with "A source" or "A state", such as `finds nothing under an unknown id`. */
  readonly name: string
  /**
   * Resolves if what is tested keeps the law. Rejects with an error that names the law, what it expects and what was done
   * instead. A test takes milliseconds if the storage does, and at most some seconds: Mocha needs a time limit of 10 s.
   */
  readonly run: () => Promise<void>
}

/**
 * The laws of a `TrackSource`, as plain asynchronous functions. Each test makes a source of its own, stores tracks of its
 * own under new ids, and removes them at its end, so that the storage may hold other tracks. Tests may run in any order,
 * one at a time.
 *
 * @throws TypeError if an option is missing, unknown or not a function
 * @example
 * const stored = new Map<string, { bytes: Uint8Array; version: number }>()
 * let version = 0
 * const put = (id: string, bytes: Uint8Array) => void stored.set(id, { bytes: bytes.slice(), version: ++version })
 *
 * const tests = sourceContract({
 *   make: () => ({
 *     open(id) {
 *       const track = stored.get(id)
 *       return track && {
 *         size: track.bytes.length,
 *         type: 'audio/mpeg',
 *         etag: `"${track.version}"`,
 *         async *read({ first, last }) {
 *           yield track.bytes.slice(first, last + 1)
 *         },
 *       }
 *     },
 *   }),
 *   put,
 *   replace: put,
 *   remove: id => stored.delete(id),
 * })
 * for (const { name, run } of tests) test(name, run)
 */
export function sourceContract(harness: SourceHarness): ContractTest[] {
  const settings: SourceHarness = readOptions('sourceContract', harness, harnessOptions)
  return LAWS.filter(({ needs }) => needs === undefined || settings.faults?.[needs] !== undefined).map(
    law => ({
      name: law.name,
      run: () => checkLaw(law, settings),
    }),
  )
}

async function checkLaw(law: Law, harness: SourceHarness): Promise<void> {
  let lab: Lab | undefined
  try {
    lab = new Lab(await makeSource(harness), harness)
    await law.check(lab)
  } catch (error) {
    // What the test leaves is of no interest beside the reason.
    await lab?.finish().catch(() => undefined)
    const problem = error instanceof Mismatch ? error.message : `expected no error, got ${show(error)}`
    throw new Error(`A source ${law.name}: ${problem}`, { cause: error })
  }
  await lab.finish()
}
