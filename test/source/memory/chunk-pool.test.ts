import { Budget } from '../../../src/source/memory/budget'
import { ChunkPool } from '../../../src/source/memory/chunk-pool'

describe('ChunkPool', () => {
  it('uses a recycled buffer again', () => {
    const pool = new ChunkPool(10, {})
    const first = pool.lease()
    first?.recycle()
    expect(pool.lease()?.buffer).toBe(first?.buffer)
    expect(pool.bytes).toBe(10)
  })

  it('never uses an abandoned buffer again', () => {
    const pool = new ChunkPool(10, {})
    const first = pool.lease()
    first?.abandon()
    expect(pool.bytes).toBe(0)
    expect(pool.lease()?.buffer).not.toBe(first?.buffer)
  })

  it.each<[string, 'recycle' | 'abandon', 'recycle' | 'abandon']>([
    ['recycled twice', 'recycle', 'recycle'],
    ['recycled and then abandoned', 'recycle', 'abandon'],
    ['abandoned and then recycled', 'abandon', 'recycle'],
    ['abandoned twice', 'abandon', 'abandon'],
  ])('counts a buffer that is %s once', (_what, first, second) => {
    const budget = new Budget(20)
    const pool = new ChunkPool(10, { budget })
    const [lease] = [pool.lease(), pool.lease()]
    lease?.[first]()
    lease?.[second]()
    expect(budget.usedBytes).toBe(first === 'recycle' ? 20 : 10)
    const next = [pool.lease(), pool.lease()]
    expect(next.map(each => each === undefined)).toEqual([false, true])
  })

  it('keeps no more unused buffers than it may', () => {
    const pool = new ChunkPool(10, { maxFree: 1 })
    const leases = [pool.lease(), pool.lease()]
    for (const lease of leases) lease?.recycle()
    expect(pool.bytes).toBe(10)
  })

  it('has no more buffers than it may', () => {
    const pool = new ChunkPool(10, { maxBuffers: 1 })
    const first = pool.lease()
    expect(pool.lease()).toBeUndefined()
    first?.abandon()
    expect(pool.lease()).toBeDefined()
  })
})
