import { Block, BLOCK_BYTES, BlockCache } from '../../src/source/block-cache'

/** A block that `cache` made room for, and whether it was told to forget it. */
function add(cache: BlockCache, bytes = 100): { block: Block; isForgotten: () => boolean } {
  let isForgotten = false
  if (!cache.reserve(bytes)) throw new Error('There is no room')
  const block = new Block(new Uint8Array(bytes))
  cache.add(block, () => {
    isForgotten = true
  })
  return { block, isForgotten: () => isForgotten }
}

describe('BlockCache', () => {
  it('makes room by the block that was used least lately', () => {
    const cache = new BlockCache(300)
    const [a, b, c] = [add(cache), add(cache), add(cache)]
    for (const { block } of [a, b, c]) cache.release(block)
    cache.hold(a.block)
    cache.release(a.block)
    add(cache)
    expect([a, b, c].map(({ isForgotten }) => isForgotten())).toEqual([false, true, false])
    expect(cache.usedBytes).toBe(300)
  })

  it('makes no room by what a reader holds, and counts it', () => {
    const cache = new BlockCache(250)
    const { block, isForgotten } = add(cache)
    add(cache)
    expect(cache.reserve(100)).toBe(false)
    expect(isForgotten()).toBe(false)
    expect(cache.usedBytes).toBe(200)
    cache.release(block)
    expect(cache.reserve(100)).toBe(true)
    expect(isForgotten()).toBe(true)
  })

  it('counts a dropped block until its last holder lets go', () => {
    const cache = new BlockCache(100)
    const { block } = add(cache)
    cache.hold(block)
    cache.drop(block)
    expect(cache.hold(block)).toBe(false)
    cache.release(block)
    expect(cache.usedBytes).toBe(100)
    cache.release(block)
    expect(cache.usedBytes).toBe(0)
  })

  it('frees a dropped block at once where nobody holds it, and only once', () => {
    const cache = new BlockCache(100)
    const { block } = add(cache)
    cache.release(block)
    cache.drop(block)
    cache.drop(block)
    expect(cache.usedBytes).toBe(0)
  })

  it('takes back what was reserved in vain', () => {
    const cache = new BlockCache(100)
    expect(cache.reserve(100)).toBe(true)
    expect(cache.reserve(1)).toBe(false)
    cache.cancel(100)
    expect(cache.reserve(100)).toBe(true)
  })

  it('has no room for what is larger than its budget', () => {
    expect(new BlockCache(100).reserve(101)).toBe(false)
  })

  it('wants a block that is asked for again, unless too many others were asked for in between', () => {
    const cache = new BlockCache(4 * BLOCK_BYTES)
    expect([1, 2, 1, 1].map(key => cache.isWanted(key))).toEqual([false, false, true, false])
    for (const key of [3, 4, 5, 6]) expect(cache.isWanted(key)).toBe(false)
    expect(cache.isWanted(2)).toBe(false)
  })
})
