/** What redisState is given, and what it sends. */
import { redisState, type RedisStateOptions } from 'express-signed-stream/redis'

const send = jest.fn<Promise<unknown>, string[]>(() => Promise.resolve('held'))

describe('redisState', () => {
  it.each([
    [{}, 'send is missing'],
    [{ send: 'redis://127.0.0.1' }, 'send must be a function (...args) => reply, got "redis://127.0.0.1"'],
    [
      { send, prefix: 3 },
      'prefix must be the beginning of keys, of at most 200 characters and without {}, got 3',
    ],
    [
      { send, prefix: 'app{}:' },
      'prefix must be the beginning of keys, of at most 200 characters and without {}, got "app{}:"',
    ],
    [{ send, timeout: 0 }, 'timeout must be a whole number of milliseconds, 1 or more, got 0'],
    [{ send, timeout: 2 ** 31 }, 'timeout must be a whole number of milliseconds, 1 or more, got 2147483648'],
  ])('names the option that is wrong: %j', (options, problem) => {
    expect(() => redisState(options as unknown as RedisStateOptions)).toThrow(
      new TypeError(`Cannot make redisState: ${problem}`),
    )
  })

  it('names both keys of a place with one hash tag, below the prefix', async () => {
    send.mockClear()
    const state = redisState({ send, prefix: 'app:' })
    await state.hold('listener u42', ['a:1'], {
      limit: 1,
      seconds: 15,
      onLimit: 'refuse',
      isListening: false,
    })
    expect(send.mock.calls[0]?.slice(2, 5)).toEqual([
      '2',
      'app:{held:listener u42}',
      'app:{held:listener u42}:displaced',
    ])
    expect(send.mock.calls[0]?.every(arg => typeof arg === 'string')).toBe(true)
  })

  it.each([
    [{ limit: NaN, seconds: 1 }, 'Not a limit: NaN'],
    [{ limit: -1, seconds: 1 }, 'Not a limit: -1'],
    [{ limit: 1, seconds: NaN }, 'Not a number of seconds: NaN'],
    [{ limit: 1, seconds: Infinity }, 'Not a number of seconds: Infinity'],
  ])('sends nothing that is not a number: %j', async (options, message) => {
    send.mockClear()
    await expect(redisState({ send }).begin('link', ['a'], options)).rejects.toThrow(message)
    expect(send).not.toHaveBeenCalled()
  })

  it('adds no entry whose times are not numbers', async () => {
    send.mockClear()
    const entry = { kind: 'all', value: '', before: NaN, until: undefined, endsStreams: true } as const
    const { revocations } = redisState({ send })
    await expect(revocations.add(entry, { max: 1, now: 0 })).rejects.toThrow('Not a time: NaN')
    await expect(revocations.add({ ...entry, before: 0, until: NaN }, { max: 1, now: 0 })).rejects.toThrow(
      'Not a time',
    )
    expect(send).not.toHaveBeenCalled()
  })

  it('rejects after its time limit, and ignores what the client rejects with later', async () => {
    let reject: ((error: Error) => void) | undefined
    const state = redisState({ send: () => new Promise((_resolve, fail) => (reject = fail)), timeout: 20 })
    await expect(state.revocations.read(undefined)).rejects.toThrow('Redis did not reply within 20 ms')
    // A rejection that nobody handles would end the process of the tests.
    reject?.(new Error('late'))
    await new Promise(setImmediate)
  })

  it('rejects with what the client throws', async () => {
    const state = redisState({
      send() {
        throw new Error('The client is closed')
      },
    })
    await expect(state.begin('link', ['a'], { limit: 1, seconds: 1 })).rejects.toThrow('The client is closed')
  })

  it.each([
    ['not JSON', 'a text'],
    ['{}', 'a text'],
    ['["link","a",1,2]', 'a text'],
    ['["other","a",1,2,1]', 'a text'],
    ['["link",1,1,2,1]', 'a text'],
    ['["link","a","1",2,1]', 'a text'],
    ['["link","a",1,"2",1]', 'a text'],
    ['["link","a",1,2,true]', 'a text'],
  ])('rejects the entry %s of another program, without what it says', async (text, what) => {
    const state = redisState({ send: () => Promise.resolve(['1', '0', '1', '1', '0123456789abcdef', text]) })
    await expect(state.revocations.read(undefined)).rejects.toThrow(
      new Error(`Unexpected reply of Redis: ${what}`),
    )
  })
})
