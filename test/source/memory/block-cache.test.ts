import { Block, BLOCK_BYTES, BlockCache } from '../../../src/source/memory/block-cache'

const OFTEN = 10

/** Asks for a block again and again, as for hot content. */
function isReserved(cache: BlockCache, bytes: number, key = 1): boolean {
  return Array.from({ length: OFTEN }).some(() => cache.reserve(key, bytes))
}

/** How often a block is asked for until it is kept. */
function wishesFor(cache: BlockCache, key: number): number {
  let wishes = 1
  while (!cache.reserve(key, BLOCK_BYTES)) wishes++
  return wishes
}

/** A block that `cache` made room for, and whether it was told to forget it. */
function add(cache: BlockCache, bytes = 100): { block: Block; isForgotten: () => boolean } {
  let isForgotten = false
  if (!isReserved(cache, bytes)) throw new Error('There is no room')
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
    expect(isReserved(cache, 100)).toBe(false)
    expect(isForgotten()).toBe(false)
    expect(cache.usedBytes).toBe(200)
    cache.release(block)
    expect(isReserved(cache, 100)).toBe(true)
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
    expect(isReserved(cache, 100)).toBe(true)
    expect(isReserved(cache, 1)).toBe(false)
    cache.cancel(100)
    expect(isReserved(cache, 100)).toBe(true)
  })

  it('has no room for what is larger than its budget', () => {
    expect(isReserved(new BlockCache(100), 101)).toBe(false)
  })

  it('keeps what is asked for twice where there is room, and four times where another must go', () => {
    const cache = new BlockCache(2 * BLOCK_BYTES)
    expect([1, 2].map(key => wishesFor(cache, key))).toEqual([2, 2])
    cache.cancel(BLOCK_BYTES)
    const block = new Block(new Uint8Array(BLOCK_BYTES))
    cache.add(block, () => undefined)
    cache.release(block)
    expect([3, 4].map(key => wishesFor(cache, key))).toEqual([2, 4])
  })

  it('forgets that a block was asked for where as many others were as there is room for', () => {
    const cache = new BlockCache(4 * BLOCK_BYTES)
    expect([1, 2, 1].map(key => cache.reserve(key, BLOCK_BYTES))).toEqual([false, false, true])
    for (const key of [3, 4, 5, 6]) expect(cache.reserve(key, BLOCK_BYTES)).toBe(false)
    expect(cache.reserve(2, BLOCK_BYTES)).toBe(false)
  })

  it('lends an eighth of its budget for what one reader needs, and no more', () => {
    const cache = new BlockCache(800)
    expect([60, 40, 1].map(bytes => cache.lend(bytes))).toEqual([true, true, false])
    cache.takeBack(40)
    expect(cache.lend(40)).toBe(true)
    expect(isReserved(cache, 701)).toBe(false)
    expect(isReserved(cache, 700)).toBe(true)
  })

  it('makes room for what it lends, but not by what a reader holds', () => {
    const cache = new BlockCache(800)
    const [idle, held] = [add(cache, 100), add(cache, 700)]
    expect(cache.lend(100)).toBe(false)
    cache.release(idle.block)
    expect(cache.lend(100)).toBe(true)
    expect([idle, held].map(({ isForgotten }) => isForgotten())).toEqual([true, false])
    expect(cache.usedBytes).toBe(700)
  })
})
