/** What becomes of an answer of the app, and of one that does not come. */
import { getEventListeners } from 'node:events'
import { createResolver, type Resolve } from '../../src/source/resolver'
import { SourceError } from '../../src/source/source'

const GRANT = { id: 'track1', expires: 2_000_000_000, keyIndex: 0 }

function ask(
  resolve: (...args: Parameters<Resolve>) => unknown,
  client = new AbortController(),
  timeout = 5000,
): unknown {
  return createResolver(resolve as Resolve, timeout)('track1', GRANT, client)
}

/** What `resolve` is called to answer with makes the resolver throw or reject with. */
async function faultOf(resolve: () => unknown, client?: AbortController, timeout?: number): Promise<unknown> {
  try {
    await ask(resolve, client, timeout)
  } catch (fault) {
    return fault
  }
  throw new Error('There is no fault')
}

describe('An answer', () => {
  it.each<[string, unknown, unknown]>([
    ['a path', 'a/b.mp3', { path: 'a/b.mp3' }],
    ['an object with a path', { path: 'a.mp3' }, { path: 'a.mp3' }],
    [
      'an object with all fields',
      { path: 'a', type: 'audio/x-flac; x=y', fileName: 'A.flac', version: '7' },
      { path: 'a', type: 'audio/flac', fileName: 'A.flac', version: '7' },
    ],
    [
      'an object with fields of null, as of a database',
      { path: 'a.mp3', type: null, fileName: null },
      { path: 'a.mp3' },
    ],
    [
      'a row of node:sqlite, which has no prototype',
      Object.assign(Object.create(null) as object, {
        path: 'a',
        type: 'audio/flac',
        fileName: 'A.flac',
        id: 7,
      }),
      { path: 'a', type: 'audio/flac', fileName: 'A.flac' },
    ],
    ['undefined', undefined, undefined],
    ['null', null, undefined],
  ])('that is %s is taken, at once and as a promise', async (_what, answer, expected) => {
    const atOnce = ask(() => answer)
    expect(atOnce).not.toBeInstanceOf(Promise)
    expect(atOnce).toEqual(expected)
    expect(await ask(() => Promise.resolve(answer))).toEqual(expected)
  })

  const thrown = new Error('The database is down')
  const hostile = {
    get path(): string {
      throw thrown
    },
  }
  it.each<[string, unknown, string]>([
    ['a number', 3, 'resolve must return a path, { path, type, fileName, version }, or undefined, got 3'],
    ['false', false, 'or undefined, got false'],
    ['a list', ['a.mp3'], 'or undefined, got an array'],
    ['a function', () => 'a.mp3', 'or undefined, got a value of type function'],
    [
      'a row without a prototype and a path',
      Object.create(null),
      'resolve must return an object with a path, got a value of type object',
    ],
    ['an object without a path', {}, 'resolve must return an object with a path, got a value of type object'],
    ['an object whose path is a number', { path: 3 }, 'an object whose path is a string, got 3'],
    ['an object whose name is a number', { path: 'a.mp3', fileName: 3 }, 'whose fileName is a string, got 3'],
    [
      'an object whose version is a number',
      { path: 'a.mp3', version: 3 },
      'whose version is a string, got 3',
    ],
    [
      'of another type',
      { path: 'a.html', type: 'text/html' },
      'an audio type that is served, got "text/html"',
    ],
    ['of an empty type', { path: 'a.mp3', type: '' }, 'an audio type that is served, got ""'],
    ['an object whose path cannot be read', hostile, 'The database is down'],
  ])('that is %s is a fault of the app, at once and as a promise', async (_what, answer, message) => {
    for (const fault of [await faultOf(() => answer), await faultOf(() => Promise.resolve(answer))]) {
      expect(fault).toBeInstanceOf(SourceError)
      expect(fault).toMatchObject({
        kind: 'unavailable',
        cause: { message: expect.stringContaining(message) as string },
      })
    }
  })

  it('that throws or rejects is a fault, with what was thrown as its cause', async () => {
    expect(
      await faultOf(() => {
        throw thrown
      }),
    ).toMatchObject({ kind: 'unavailable', cause: thrown })
    expect(await faultOf(() => Promise.reject(thrown))).toMatchObject({ kind: 'unavailable', cause: thrown })
  })

  it('that throws a SourceError keeps what it says of the storage, and nothing of an open track', async () => {
    const limited = new SourceError('unavailable', { retryAfter: 30 })
    expect(await faultOf(() => Promise.reject(limited))).toBe(limited)
    const changed = new SourceError('changed')
    expect(await faultOf(() => Promise.reject(changed))).toMatchObject({
      kind: 'unavailable',
      cause: changed,
    })
  })

  it('may be a promise of another library', async () => {
    const thenable = {
      then: (done: (path: string) => void) => {
        done('a.mp3')
      },
    }
    expect(await ask(() => thenable)).toEqual({ path: 'a.mp3' })
  })
})

describe('A resolver', () => {
  const never = new Promise<string>(() => undefined)

  it('sees the id, the grant and a signal', async () => {
    let seen: unknown
    await ask((id, { grant, signal }) => {
      seen = [id, grant, signal.aborted]
      return 'a.mp3'
    })
    expect(seen).toEqual(['track1', GRANT, false])
  })

  it('may take longer than a timer can wait', async () => {
    const later = new Promise<string>(resolve => {
      setTimeout(resolve, 5, 'a.mp3')
    })
    const resolver = createResolver(() => later, Number.MAX_SAFE_INTEGER)
    expect(await resolver('track1', GRANT, new AbortController())).toEqual({ path: 'a.mp3' })
  })

  it('that does not settle in time is a fault, and its signal aborts', async () => {
    let signal: AbortSignal | undefined
    const fault = await faultOf(
      (...args: unknown[]) => {
        signal = (args as Parameters<Resolve>)[1].signal
        return never
      },
      undefined,
      20,
    )
    expect(fault).toMatchObject({
      kind: 'unavailable',
      cause: { message: 'resolve did not settle within 20 ms' },
    })
    expect(signal?.aborted).toBe(true)
  })

  it('is waited for no longer than the client does, also without a limit', async () => {
    const client = new AbortController()
    let signal: AbortSignal | undefined
    const answer = ask(
      (_id, context) => {
        signal = context.signal
        return never
      },
      client,
      0,
    )
    const reason = new Error('The client has left')
    client.abort(reason)
    await expect(answer).rejects.toBe(reason)
    expect(signal).toMatchObject({ aborted: true, reason })
  })

  it('is not waited for if the client has left before', async () => {
    const client = new AbortController()
    const reason = new Error('The client has left')
    client.abort(reason)
    let signal: AbortSignal | undefined
    const answer = ask((_id, context) => {
      signal = context.signal
      return never
    }, client)
    await expect(answer).rejects.toBe(reason)
    expect(signal).toMatchObject({ aborted: true, reason })
  })

  it.each<[string, Resolve]>([
    ['at once', (_id, { signal }) => (signal.aborted ? undefined : 'a.mp3')],
    ['later', async (_id, { signal }) => Promise.resolve(signal.aborted ? undefined : 'a.mp3')],
    [
      'with a fault',
      (_id, { signal }) => {
        throw new Error(String(signal.aborted))
      },
    ],
  ])('that answers %s leaves no listener at the signal of the client', async (_when, resolve) => {
    const client = new AbortController()
    await Promise.allSettled([Promise.resolve().then(() => ask(resolve, client))])
    expect(getEventListeners(client.signal, 'abort')).toEqual([])
  })

  it('leaves no timer behind', async () => {
    jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate'] })
    await ask(() => Promise.resolve('a.mp3'))
    expect(jest.getTimerCount()).toBe(0)
    jest.useRealTimers()
  })
})
