/** What is left of the thread pool for others than reads. */
import { ReadTurns } from '../../../src/source/disk/read-turns'
import { threadPoolSize } from '../../../src/source/disk/thread-pool'

describe('threadPoolSize', () => {
  it.each([
    [undefined, 4],
    ['', 1],
    ['0', 1],
    ['many', 1],
    ['8', 8],
    ['64 threads', 64],
    ['1024', 1024],
    ['5000', 1024],
    ['-1', 1024],
  ])('reads %p as libuv does', (text, threads) => {
    // A parameter that is undefined means the environment, which has no such variable here.
    expect(threadPoolSize(text)).toBe(threads)
  })
})

/** Asks for `count` reads: those that have begun, in their order. */
function begin(turns: ReadTurns, count: number): number[] {
  const begun: number[] = []
  for (let number = 0; number < count; number++) turns.request(() => begun.push(number))
  return begun
}

describe('Reads', () => {
  it('leave one thread of a large pool free', () => {
    expect(begin(new ReadTurns(64), 100)).toHaveLength(63)
    expect(begin(new ReadTurns(16), 100)).toHaveLength(15)
  })

  it('use all threads of a small pool, and wait in it', () => {
    expect(begin(new ReadTurns(4), 100)).toHaveLength(100)
  })

  it('begin in their order as others end', () => {
    const turns = new ReadTurns(16)
    const begun = begin(turns, 18)
    turns.end()
    expect(begun.slice(15)).toEqual([15])
    turns.end()
    turns.end()
    expect(begun.slice(15)).toEqual([15, 16, 17])
    for (let ends = 0; ends < 15; ends++) turns.end()
    expect(begin(turns, 100)).toHaveLength(15)
  })
})
