import type { Block, BlockLease } from '../../../src/source/memory/block'
import { BLOCK_BYTES, BlockCache } from '../../../src/source/memory/block-cache'

/** More misses than any block needs. */
const OFTEN = 10

/** Misses a block again and again, as for hot content. */
function admit(cache: BlockCache, bytes: number, key = 'hot'): Block | undefined {
  for (let miss = 0; miss < OFTEN; miss++) {
    const block = cache.admit(key, bytes)
    if (block !== undefined) return block
  }
  return undefined
}

/** How often a block must be missed until it is admitted. */
function missesFor(cache: BlockCache, key: string): number {
  let misses = 1
  while (cache.admit(key, BLOCK_BYTES) === undefined) misses++
  return misses
}

/** A block in memory, and its first lease. */
function load(cache: BlockCache, bytes: number): { block: Block; lease: BlockLease } {
  const block = admit(cache, bytes)
  const lease = block?.lease()
  if (block === undefined || lease === undefined) throw new Error('There is no room')
  return { block, lease }
}

describe('The life of a block', () => {
  it('goes from loading to leased and idle, and back, until it is dropped', () => {
    const cache = new BlockCache(100)
    const block = admit(cache, 100)
    expect(block?.state).toBe('loading')
    const first = block?.lease()
    const second = block?.lease()
    expect(block?.state).toBe('leased')
    first?.release()
    expect(block?.state).toBe('leased')
    second?.release()
    expect(block?.state).toBe('idle')
    const third = block?.lease()
    expect(block?.state).toBe('leased')
    third?.release()
    block?.drop()
    expect(block?.state).toBe('dropped')
    expect(block?.lease()).toBeUndefined()
  })

  it('does not make room while it is loading', () => {
    const cache = new BlockCache(100)
    admit(cache, 100)
    expect(admit(cache, 1, 'other')).toBeUndefined()
  })

  it('counts until the last lease of a dropped block is released', () => {
    const cache = new BlockCache(100)
    const { block, lease } = load(cache, 100)
    const other = block.lease()
    block.drop()
    lease.release()
    expect(cache.usedBytes).toBe(100)
    other?.release()
    expect(cache.usedBytes).toBe(0)
    expect(admit(cache, 100, 'next')).toBeDefined()
  })

  it('leaves a lease its bytes when the block is dropped', () => {
    const cache = new BlockCache(100)
    const { block, lease } = load(cache, 100)
    block.drop()
    expect(lease.held).toHaveLength(100)
    expect(block.bytes).toHaveLength(0)
  })

  it('ends at once if nobody has a lease, and only once', () => {
    const cache = new BlockCache(100)
    const { block, lease } = load(cache, 100)
    lease.release()
    block.drop()
    block.drop()
    expect(cache.usedBytes).toBe(0)
  })

  it('ends when its bytes cannot be read: the room is free again', () => {
    const cache = new BlockCache(100)
    const block = admit(cache, 100)
    block?.drop()
    expect(cache.usedBytes).toBe(0)
    expect(admit(cache, 100, 'next')).toBeDefined()
  })

  it('does not end for others when one lease is released twice', () => {
    const cache = new BlockCache(100)
    const { block, lease } = load(cache, 100)
    const other = block.lease()
    lease.release()
    lease.release()
    expect([block.state, other?.isReleased]).toEqual(['leased', false])
    expect(admit(cache, 100, 'next')).toBeUndefined()
  })
})

describe('BlockCache', () => {
  it('makes room by the block that was used least recently', () => {
    const cache = new BlockCache(300)
    const [a, b, c] = [load(cache, 100), load(cache, 100), load(cache, 100)]
    for (const { lease } of [a, b, c]) lease.release()
    a.block.lease()?.release()
    load(cache, 100)
    expect([a, b, c].map(({ block }) => block.state)).toEqual(['idle', 'dropped', 'idle'])
    load(cache, 100)
    expect([a, b, c].map(({ block }) => block.state)).toEqual(['idle', 'dropped', 'dropped'])
    expect(cache.usedBytes).toBe(300)
  })

  it('does not make room by a block that is leased, and counts it', () => {
    const cache = new BlockCache(250)
    const [a, b] = [load(cache, 100), load(cache, 100)]
    expect(admit(cache, 100)).toBeUndefined()
    expect(cache.usedBytes).toBe(200)
    a.lease.release()
    expect(admit(cache, 100)).toBeDefined()
    expect([a, b].map(({ block }) => block.state)).toEqual(['dropped', 'leased'])
  })

  it('does not make room by a block that was idle and is leased again', () => {
    const cache = new BlockCache(200)
    const [a, b] = [load(cache, 100), load(cache, 100)]
    a.lease.release()
    a.block.lease()
    b.lease.release()
    expect(admit(cache, 100)).toBeDefined()
    expect([a, b].map(({ block }) => block.state)).toEqual(['leased', 'dropped'])
  })

  it('has no room for a block that is larger than its budget', () => {
    expect(admit(new BlockCache(100), 101)).toBeUndefined()
  })

  it('admits a block after two misses if there is room, and after four if another must go', () => {
    const cache = new BlockCache(2 * BLOCK_BYTES)
    const first = load(cache, BLOCK_BYTES)
    first.lease.release()
    expect(missesFor(cache, 'fits')).toBe(2)
    expect(missesFor(cache, 'displaces')).toBe(4)
    expect(first.block.state).toBe('dropped')
  })

  it('forgets the misses of a block when as many other blocks were missed as there is room for', () => {
    const cache = new BlockCache(4 * BLOCK_BYTES)
    const admitted = ['a', 'b', 'a'].map(key => cache.admit(key, BLOCK_BYTES) !== undefined)
    expect(admitted).toEqual([false, false, true])
    for (const key of ['c', 'd', 'e', 'f']) expect(cache.admit(key, BLOCK_BYTES)).toBeUndefined()
    expect(cache.admit('b', BLOCK_BYTES)).toBeUndefined()
  })

  it('leases large chunks from an eighth of its budget', () => {
    const cache = new BlockCache(16 * BLOCK_BYTES)
    const chunks = Array.from({ length: 5 }, () => cache.largeChunks.lease())
    expect(chunks.map(chunk => chunk?.buffer.length)).toEqual([524_288, 524_288, 524_288, 524_288, undefined])
    expect(cache.usedBytes).toBe(0)
    expect(admit(cache, 14 * BLOCK_BYTES + 1)).toBeUndefined()
    expect(admit(cache, 14 * BLOCK_BYTES)).toBeDefined()
  })

  it('makes room for large chunks by what is idle, and not by what is leased', () => {
    const cache = new BlockCache(4 * BLOCK_BYTES)
    const [idle, leased] = [load(cache, BLOCK_BYTES), load(cache, 3 * BLOCK_BYTES)]
    expect(cache.largeChunks.lease()).toBeUndefined()
    idle.lease.release()
    expect(cache.largeChunks.lease()).toBeDefined()
    expect([idle, leased].map(({ block }) => block.state)).toEqual(['dropped', 'leased'])
    expect(cache.usedBytes).toBe(3 * BLOCK_BYTES)
  })

  it('shows subscribers its bytes, and nothing that changes it', () => {
    const cache = new BlockCache(100)
    load(cache, 60)
    expect(cache.view.usedBytes).toBe(60)
    expect(Object.isFrozen(cache.view)).toBe(true)
  })
})
