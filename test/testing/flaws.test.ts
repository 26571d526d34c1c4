/** Each flaw of a source breaks the laws that are named, and no other. */
import { sourceContract } from 'express-signed-stream/testing'
import { MemoryStore } from '../support/memory-source'
import { DESCRIPTION_FLAWS } from './description-flaws'
import { FAULT_FLAWS } from './fault-flaws'
import { LEAVING_FLAWS } from './leaving-flaws'
import { READING_FLAWS } from './reading-flaws'
import type { MakeSource } from './spoil'

const FLAWS = [...DESCRIPTION_FLAWS, ...READING_FLAWS, ...LEAVING_FLAWS, ...FAULT_FLAWS]

describe('A source', () => {
  it.each(FLAWS)('that $name breaks the laws about that alone', async ({ make, breaks }) => {
    // Most of those that break wait for a time limit, so all run at once, each with a store of its own.
    const laws = sourceContract(new MemoryStore().harness(make)).map(({ name }) => name)
    const broken = await Promise.all(laws.map(name => isBroken(name, make)))
    expect(laws.filter((_name, index) => broken[index])).toEqual(breaks)
  })

  it('has a law for each flaw, and a flaw for each law', () => {
    const laws = sourceContract(new MemoryStore().harness()).map(({ name }) => name)
    expect([...new Set(FLAWS.flatMap(({ breaks }) => breaks))].sort()).toEqual(laws.sort())
  })
})

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
