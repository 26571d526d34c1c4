/** Whatever a function of the app does, at most its own renewal fails, and never the page. */
import { keepPlaying, type LinkKeeper } from '../../src/client/index.ts'
import { linkOf, listen, listenAt100, pass, settled } from './listener'
import { ScriptedMedia } from './scripted-media'

const broken = new Error('Broken')
let uncaught: unknown[]
let complaints: jest.SpyInstance

function catchIt(error: unknown): void {
  uncaught.push(error)
}

beforeEach(() => {
  uncaught = []
  complaints = jest.spyOn(console, 'error').mockImplementation(() => undefined)
  process.on('unhandledRejection', catchIt)
  process.on('uncaughtException', catchIt)
  jest.useFakeTimers({ now: 1_700_000_000_000, doNotFake: ['queueMicrotask', 'nextTick', 'setImmediate'] })
})
afterEach(async () => {
  jest.useRealTimers()
  // Node looks for rejections without a handler once the microtasks are done.
  await new Promise(resolve => setImmediate(resolve))
  process.off('unhandledRejection', catchIt)
  process.off('uncaughtException', catchIt)
  complaints.mockRestore()
  expect(uncaught).toEqual([])
})

function throwBroken(): never {
  throw broken
}

const LISTENERS: readonly [what: string, listener: () => unknown, complaint: unknown][] = [
  ['throws', throwBroken, broken],
  ['rejects', () => Promise.reject(broken), broken],
  ['gives a thenable that throws', () => ({ then: throwBroken }), broken],
]

describe.each(LISTENERS)('a listener that %s', (_what, listener, complaint) => {
  it('for a new link is reported in the console, and the link plays', async () => {
    const { media, player } = await listenAt100({ onRenew: listener })
    await player.renew()
    await settled()
    media.receive()
    expect(media).toMatchObject({ paused: false, currentTime: 100 })
    expect(complaints.mock.calls).toEqual(
      Array(2).fill(['A listener of express-signed-stream/client failed:', complaint]),
    )
  })

  it('for an error is reported in the console, and the listener plays on', async () => {
    const { media, signings } = await listenAt100({ onError: listener })
    media.fail(3)
    await settled()
    expect(complaints).toHaveBeenCalledTimes(1)
    media.error = null
    media.pause()
    await media.play()
    await pass(3570)
    expect(signings()).toBe(2)
  })
})

describe('sign', () => {
  it.each<[string, () => unknown]>([
    ['throws', throwBroken],
    ['throws nothing', throwNothing],
    ['throws what throws when it is read', throwProxy],
    ['rejects', () => Promise.reject(broken)],
    ['rejects with nothing', () => Promise.resolve().then(throwNothing)],
    ['gives nothing', () => undefined],
    ['gives null', () => null],
    ['gives a number', () => 42],
    ['gives a function', () => throwBroken],
    ['gives a symbol', () => Symbol('url')],
    ['gives an expiry that is no number', () => ({ url: '/s', expires: 1n })],
    ['gives an expiry that refers to itself', () => ({ url: '/s', expires: circle() })],
    ['gives what throws when it is read', throwingUrl],
    ['gives a thenable that throws', () => ({ then: throwBroken })],
    ['gives a response without JSON', () => new Response('<h1>Sign in</h1>')],
    ['gives a response that was read already', readAlready],
    ['gives a response that cannot be read', () => ({ ok: true, headers: null, json: throwBroken })],
    ['gives a response that is not ok and has no body', () => new Response(null, { status: 500 })],
    ['gives a response that has failed', () => Response.error()],
  ])('that %s is called twice, and the app gets the error once', async (_what, answer) => {
    const listener = await listenAt100()
    const { media, player, signings, errors } = listener
    listener.answer = answer
    void player.renew()
    await pass(60)
    expect(signings()).toBe(3)
    expect(errors).toHaveLength(1)
    expect(media).toMatchObject({ paused: false, currentTime: 100, error: null })
    listener.answer = count => linkOf(3600, count)
    await player.renew()
    expect(media.sources).toHaveLength(2)
  })

  function throwNothing(): never {
    // eslint-disable-next-line @typescript-eslint/only-throw-error -- apps do
    throw undefined
  }

  function throwProxy(): never {
    // eslint-disable-next-line @typescript-eslint/only-throw-error -- apps may
    throw new Proxy({}, { get: throwBroken, has: throwBroken })
  }

  function throwingUrl(): object {
    return {
      get url(): string {
        throw broken
      },
    }
  }

  function circle(): object {
    const self: { self?: object } = {}
    self.self = self
    return self
  }

  async function readAlready(): Promise<Response> {
    const response = new Response('{}', { status: 503 })
    await response.json()
    return response
  }

  it('that settles twice has settled once', async () => {
    const answer = {
      then(resolve: (value: unknown) => void, reject: (error: unknown) => void) {
        resolve('/s?n=1')
        resolve('/s?n=2')
        reject(broken)
        throw broken
      },
    }
    const { media, player } = listen({ answer: () => answer })
    await player.ready
    expect(media.sources).toEqual(['https://app.example/s?n=1'])
  })

  it('that settles long after its time-out changes nothing', async () => {
    const rejections: ((error: unknown) => void)[] = []
    const resolutions: ((url: string) => void)[] = []
    const { media, errors } = listen({
      answer: () =>
        new Promise((resolve, reject) => {
          resolutions.push(resolve)
          rejections.push(reject)
        }),
    })
    await pass(60)
    rejections[0]?.(broken)
    resolutions[1]?.('/s')
    await settled()
    expect(media.sources).toEqual([])
    expect(errors).toEqual([expect.objectContaining({ name: 'TimeoutError' })])
  })

  it('whose response never ends is timed out', async () => {
    const { errors } = listen({ sign: () => new Response(new ReadableStream()) })
    await pass(60)
    expect(errors).toEqual([expect.objectContaining({ name: 'TimeoutError' })])
  })

  it('may call renew() and close() itself', async () => {
    const players: LinkKeeper[] = []
    let calls = 0
    function sign(): string {
      calls += 1
      for (const player of players) void player.renew()
      if (calls === 3) players[0]?.close()
      return linkOf(3600, calls)
    }
    const player = keepPlaying(new ScriptedMedia().element, { sign })
    await player.ready
    players.push(player)
    await player.renew()
    expect(calls).toBe(2)
    await expect(player.renew()).rejects.toMatchObject({ name: 'AbortError' })
    expect(calls).toBe(3)
  })
})

it('onError may call renew() itself, and a further renew() shares that renewal', async () => {
  const listener = await listenAt100({ onError: () => void listener.player.renew() })
  const { media, player, signings } = listener
  let give: ((url: string) => void) | undefined
  listener.answer = () => {
    if (signings() < 4) throw broken
    return new Promise(resolve => {
      give = resolve
    })
  }
  void player.renew()
  await pass(1)
  expect(signings()).toBe(4)
  const renewal = player.renew()
  give?.(linkOf(3600, 4))
  await renewal
  expect(signings()).toBe(4)
  expect(media.sources).toHaveLength(2)
})

describe('a number of random', () => {
  it.each<[string, () => unknown]>([
    ['that is NaN', () => NaN],
    ['below 0', () => -1],
    ['that is a text', () => '0.5'],
    ['that cannot be had', throwBroken],
  ])('%s counts as 0', async (_what, random) => {
    const { signings } = await listenAt100({ random: random as () => number })
    await pass(3569)
    expect(signings()).toBe(1)
    await pass(1)
    expect(signings()).toBe(2)
  })

  it('above 1 counts as 1: a renewal is never later', async () => {
    const { signings } = await listenAt100({ random: () => 1000 })
    await pass(3585)
    expect(signings()).toBe(2)
  })
})

it('renew() without an await causes no unhandled rejection', async () => {
  const listener = await listenAt100()
  listener.answer = () => Promise.reject(broken)
  void listener.player.renew()
  await pass(10)
  expect(listener.errors).toEqual([broken])
})

it('ready without an await causes no unhandled rejection', async () => {
  const { errors } = listen({ answer: () => Promise.reject(broken) })
  await pass(10)
  expect(errors).toEqual([broken])
})
