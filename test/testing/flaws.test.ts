/** Each flaw of a source breaks the laws that are named, and no other. */
import { sourceContract } from 'express-signed-stream/testing'
import { MemoryStore } from '../support/memory-source'
import { BrokenLaws } from './broken-laws'
import { DESCRIPTION_FLAWS } from './description-flaws'
import { FAULT_FLAWS } from './fault-flaws'
import { LEAVING_FLAWS } from './leaving-flaws'
import { READING_FLAWS } from './reading-flaws'
import type { MakeSource } from './spoil'

const FLAWS = [...DESCRIPTION_FLAWS, ...READING_FLAWS, ...LEAVING_FLAWS, ...FAULT_FLAWS]

/** Most laws that are broken wait for a time limit, so some sources are tested at a time; each needs some 100 MB. */
const AT_A_TIME = 4

const broken = new BrokenLaws((flaw: (typeof FLAWS)[number]) => findBroken(flaw.make))
// 30 s on an idle machine; a busy one needed more than 120 s.
beforeAll(() => broken.findAll(FLAWS, AT_A_TIME), 300_000)

describe('A source', () => {
  it.each(FLAWS)('that $name breaks the laws about that alone', async flaw => {
    expect(await broken.of(flaw)).toEqual(flaw.breaks)
  })

  it('has a law for each flaw, and a flaw for each law', () => {
    const laws = sourceContract(new MemoryStore().harness()).map(({ name }) => name)
    expect([...new Set(FLAWS.flatMap(({ breaks }) => breaks))].sort()).toEqual(laws.sort())
  })
})

/** The laws that a source breaks, each tested with a store of its own. */
async function findBroken(make: MakeSource): Promise<readonly string[]> {
  const laws = sourceContract(new MemoryStore().harness(make)).map(({ name }) => name)
  const results = await Promise.all(laws.map(law => isBroken(law, make)))
  return laws.filter((_law, index) => results[index])
}

/** Whether the source breaks the law; then the error must say which law it is, and what was expected. */
async function isBroken(law: string, make: MakeSource): Promise<boolean> {
  const test = sourceContract(new MemoryStore().harness(make)).find(({ name }) => name === law)
  try {
    await test?.run()
    return false
  } catch (error) {
    const message = expect.stringContaining(`A source ${law}: expected `) as string
    expect(error).toMatchObject({ message })
    return true
  }
}
