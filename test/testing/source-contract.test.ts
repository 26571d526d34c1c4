/** The laws of sources: the source in memory keeps them all. */
import { sourceContract } from 'express-signed-stream/testing'
import { MemoryStore } from '../support/memory-source'

const store = new MemoryStore()

describe('A source', () => {
  const tests = sourceContract(store.harness())

  for (const { name, run } of tests) test(name, run)

  it('is left as it was', () => {
    expect([...store.tracks.keys()]).toEqual([])
    expect(store.handles).toBe(0)
  })
})
