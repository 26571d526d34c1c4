/** What is left of the thread pool for others than openings and reads. */
import { setImmediate as turn } from 'node:timers/promises'
import { Turns, turnsOf } from '../../../src/source/disk/file-turns'
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

/** Begins `count` tasks: the numbers of those whose turn it is, in their order. */
function begin(turns: Turns, count: number): number[] {
  const begun: number[] = []
  for (let number = 0; number < count; number++) {
    const waiting = turns.begin('start')
    if (waiting === undefined) begun.push(number)
    else void waiting.isReached.then(isReached => isReached && begun.push(number))
  }
  return begun
}

describe('Openings and reads', () => {
  it.each([
    [1, 2],
    [4, 8],
    [15, 30],
    [16, 15],
    [64, 63],
  ])(
    'of a pool of %p threads have %p turns, which leave one thread of a large pool free',
    (threads, turns) => {
      expect(turnsOf(threads)).toBe(turns)
    },
  )

  it('begin in their order as others end', async () => {
    const turns = new Turns(15)
    const begun = begin(turns, 18)
    expect(begun).toHaveLength(15)
    turns.end()
    await turn()
    expect(begun.slice(15)).toEqual([15])
    turns.end()
    turns.end()
    await turn()
    expect(begun.slice(15)).toEqual([15, 16, 17])
    for (let ends = 0; ends < 15; ends++) turns.end()
    expect(begin(turns, 100)).toHaveLength(15)
  })

  it('begin first for files that are open already, then for others, and one of four for who has bytes', async () => {
    const turns = new Turns(1)
    turns.begin('start')
    const begun: string[] = []
    for (const purpose of ['rest', 'rest', 'rest', 'open', 'open', 'start', 'start', 'open'] as const) {
      void turns.begin(purpose)?.isReached.then(() => begun.push(purpose))
    }
    for (let ends = 0; ends < 8; ends++) turns.end()
    await turn()
    expect(begun).toEqual(['start', 'start', 'open', 'rest', 'open', 'open', 'rest', 'rest'])
  })

  it('of files that are not open begin also while first bytes of others are read without end', async () => {
    const turns = new Turns(1)
    turns.begin('start')
    let hasOpened = false
    void turns.begin('open')?.isReached.then(() => {
      hasOpened = true
    })
    for (let seeks = 0; seeks < 2; seeks++) turns.begin('start')
    for (let ends = 0; ends < 8; ends++) {
      turns.begin('start')
      turns.end()
    }
    await turn()
    expect(hasOpened).toBe(true)
  })

  it('leave the queue when nobody needs them any more', async () => {
    const turns = new Turns(1)
    turns.begin('start')
    const [left, stays] = [turns.begin('start'), turns.begin('start')]
    left?.withdraw()
    expect(await left?.isReached).toBe(false)
    turns.end()
    expect(await stays?.isReached).toBe(true)
    // It has its turn, and gives it back by its end.
    stays?.withdraw()
    turns.end()
    expect(turns.begin('start')).toBeUndefined()
  })

  it('give their turn back when they fail, and take none if they are aborted before', async () => {
    const turns = new Turns(1)
    await expect(turns.run('start', () => Promise.reject(new Error('EIO')))).rejects.toThrow('EIO')
    expect(turns.begin('start')).toBeUndefined()
    const abort = new AbortController()
    const work = jest.fn(() => Promise.resolve())
    const waiting = turns.run('start', work, abort.signal)
    abort.abort(new Error('The client has left'))
    await expect(waiting).rejects.toThrow('The client has left')
    turns.end()
    await expect(turns.run('start', work, abort.signal)).rejects.toThrow('The client has left')
    expect(work).not.toHaveBeenCalled()
    expect(await turns.run('start', () => Promise.resolve('done'))).toBe('done')
  })
})
