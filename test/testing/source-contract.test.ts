/** The laws of sources: a source in memory keeps them all, whether it responds at once or later. */
import { sourceContract } from 'express-signed-stream/testing'
import { MemorySource, MemoryStore } from '../support/memory-source'
import { makeLaterSource } from './later-source'

describe.each([
  ['at once', (store: MemoryStore) => new MemorySource(store)],
  ['later', makeLaterSource],
])('A source that responds %s', (_when, make) => {
  const store = new MemoryStore()

  for (const { name, run } of sourceContract(store.harness(make))) test(name, run)

  it('holds nothing afterwards, and its storage is as it was', () => {
    expect(store.handles).toBe(0)
    expect([...store.tracks.keys()]).toEqual([])
  })
})
