import { BlockCache } from '../../../src/source/memory/block-cache'
import { FileBlocks, type ReadBlock } from '../../../src/source/memory/file-blocks'

/** Loads block 0, which was missed often enough. */
function load(blocks: FileBlocks, read: ReadBlock, bytes = 100): ReturnType<FileBlocks['load']> {
  return blocks.load(0, bytes, read) ?? blocks.load(0, bytes, read)
}

function readNothing(): Promise<boolean> {
  return Promise.resolve(true)
}

/** A read that waits for the test. */
function makeRead(): { read: ReadBlock; end: (isKnown: boolean) => void; fail: (error: Error) => void } {
  let end: ((isKnown: boolean) => void) | undefined
  let fail: ((error: Error) => void) | undefined
  const reading = new Promise<boolean>((resolve, reject) => {
    end = resolve
    fail = reject
  })
  return { read: () => reading, end: isKnown => end?.(isKnown), fail: error => fail?.(error) }
}

describe('The blocks of a file', () => {
  it('are absent until they are loaded', async () => {
    const blocks = new FileBlocks(new BlockCache(100))
    expect(blocks.lease(0)).toBeUndefined()
    const lease = await load(blocks, target => {
      target.fill(7)
      return Promise.resolve(true)
    })
    expect(lease?.held).toEqual(Buffer.alloc(100, 7))
    expect(blocks.lease(0)).not.toBeInstanceOf(Promise)
    expect(blocks.lease(1)).toBeUndefined()
  })

  it('are loaded once for requests that come together, each of which gets a lease', async () => {
    const cache = new BlockCache(100)
    const blocks = new FileBlocks(cache)
    const { read, end } = makeRead()
    const leases = [load(blocks, read), blocks.lease(0), blocks.lease(0)].map(each => Promise.resolve(each))
    end(true)
    const [first, second, third] = await Promise.all(leases)
    first?.release()
    second?.release()
    blocks.close()
    expect(cache.usedBytes).toBe(100)
    third?.release()
    expect(cache.usedBytes).toBe(0)
  })

  it('leave no room taken when a load fails, and every request that waits gets the error', async () => {
    const cache = new BlockCache(100)
    const blocks = new FileBlocks(cache)
    const { read, fail } = makeRead()
    const leases = [load(blocks, read), blocks.lease(0)].map(each => Promise.resolve(each))
    const failed = Promise.allSettled(leases)
    fail(new Error('of the disk'))
    expect(await failed).toMatchObject([
      { status: 'rejected', reason: { message: 'of the disk' } },
      { status: 'rejected', reason: { message: 'of the disk' } },
    ])
    expect([cache.usedBytes, blocks.lease(0)]).toEqual([0, undefined])
  })

  it('leave no room taken when the version of what was read is not known', async () => {
    const cache = new BlockCache(100)
    const blocks = new FileBlocks(cache)
    const { read, end } = makeRead()
    const leases = [load(blocks, read), blocks.lease(0)].map(each => Promise.resolve(each))
    end(false)
    expect(await Promise.all(leases)).toEqual([undefined, undefined])
    expect([cache.usedBytes, blocks.lease(0)]).toEqual([0, undefined])
  })

  it('leave no room taken when the file is closed while one is loaded', async () => {
    const cache = new BlockCache(100)
    const blocks = new FileBlocks(cache)
    const { read, end } = makeRead()
    const loading = load(blocks, read)
    blocks.close()
    end(true)
    expect(await loading).toBeUndefined()
    expect(cache.usedBytes).toBe(0)
  })

  it('are evidence of what was read, until one of them has made room', async () => {
    const cache = new BlockCache(200)
    const [blocks, others] = [new FileBlocks(cache), new FileBlocks(cache)]
    expect(blocks.evidence()).toEqual([])
    const lease = await load(blocks, readNothing)
    expect(blocks.evidence()).toMatchObject([{ index: 0, bytes: { length: 100 } }])
    lease?.release()
    for (let miss = 0; miss < 4; miss++) (await others.load(5, 200, readNothing))?.release()
    expect(blocks.evidence()).toBeUndefined()
    others.close()
    // What is loaded again is no evidence of what was given before.
    expect(await load(blocks, readNothing)).toBeDefined()
    expect(blocks.evidence()).toBeUndefined()
  })
})
