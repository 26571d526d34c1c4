import { SharedWork } from '../../src/source/shared-work'
import type { Cancellation } from '../../src/source/source'

const REASON = new Error('The client has left')

describe('Work that requests share', () => {
  it('is done once for all who join while it is in progress', async () => {
    const shared = new SharedWork<string, number>()
    let calls = 0
    function work(): Promise<number> {
      return Promise.resolve(++calls)
    }
    const joined = ['a', 'a', 'b'].map(key => shared.join(key, new AbortController(), work))
    expect(await Promise.all(joined)).toEqual([1, 1, 2])
    expect(await shared.join('a', new AbortController(), work)).toBe(3)
  })

  it('does not begin for a request that has been aborted', async () => {
    let hasBegun = false
    const joined = new SharedWork<string, void>().join('a', { signal: AbortSignal.abort(REASON) }, () => {
      hasBegun = true
      return Promise.resolve()
    })
    await expect(joined).rejects.toBe(REASON)
    expect(hasBegun).toBe(false)
  })

  it('goes on until the last who joined it has left', async () => {
    const shared = new SharedWork<string, void>()
    let own: Cancellation | undefined
    const clients = [new AbortController(), new AbortController()] as const
    const [first, second] = clients.map(client =>
      shared.join('a', client, cancellation => {
        own = cancellation
        return new Promise(() => undefined)
      }),
    )
    clients[0].abort(REASON)
    await expect(first).rejects.toBe(REASON)
    expect(own?.signal.aborted).toBe(false)
    clients[1].abort(REASON)
    await expect(second).rejects.toBe(REASON)
    expect(own?.signal.aborted).toBe(true)
  })
})
