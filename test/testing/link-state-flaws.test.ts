/** Each flaw of a state of links breaks the laws that are named, and no other. */
import { linkStateContract } from 'express-signed-stream/testing'
import { BrokenLaws } from './broken-laws'
import { BEGIN_FLAWS, HOLD_FLAWS } from './link-state-flaws'
import { REVOCATION_FLAWS, STREAM_FLAWS } from './shared-list-flaws'
import { stateHarness, type StateFlaw } from './spoil-state'

const FLAWS = [...BEGIN_FLAWS, ...HOLD_FLAWS, ...REVOCATION_FLAWS, ...STREAM_FLAWS]

/** Most laws take no time, and some wait: more at a time would keep the waiting ones from what they time. */
const AT_A_TIME = 6

const broken = new BrokenLaws((flaw: (typeof FLAWS)[number]) => findBroken(flaw.spoil))
beforeAll(() => broken.findAll(FLAWS, AT_A_TIME), 300_000)

describe('A state of links', () => {
  it.each(FLAWS)('that $name breaks the laws about that alone', async flaw => {
    expect(await broken.of(flaw)).toEqual(flaw.breaks)
  })

  it('keeps every law if it has no flaw, also by another harness', async () => {
    for (const { run } of linkStateContract(stateHarness())) await run()
  })

  it('has a law for each flaw, and a flaw for each law', () => {
    const laws = linkStateContract(stateHarness()).map(({ name }) => name)
    expect([...new Set(FLAWS.flatMap(({ breaks }) => breaks))].sort()).toEqual(laws.sort())
  })
})

/** The laws that a state breaks, each tested with a state of its own. */
async function findBroken(spoil: StateFlaw['spoil']): Promise<readonly string[]> {
  const laws = linkStateContract(stateHarness()).map(({ name }) => name)
  const results = await Promise.all(laws.map(law => isBroken(law, spoil)))
  return laws.filter((_law, index) => results[index])
}

/** Whether the state breaks the law; then the error must say which law it is, and what was expected. */
async function isBroken(law: string, spoil: StateFlaw['spoil']): Promise<boolean> {
  const test = linkStateContract(stateHarness(spoil)).find(({ name }) => name === law)
  try {
    await test?.run()
    return false
  } catch (error) {
    const message = expect.stringContaining(`A state ${law}: expected `) as string
    expect(error).toMatchObject({ message })
    return true
  }
}
