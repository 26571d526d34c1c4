/** A server that refuses to sign: the listener is withdrawn, or not logged in. */
import type { Refusal } from '../../src/client/index.ts'
import { statusOfRefusal } from '../../src/client/refusal.ts'
import { linkOf, listen, listenAt100, pass, settled, type Listener, type ListenerOptions } from './listener'

beforeEach(() => {
  jest.useFakeTimers({ now: 1_700_000_000_000, doNotFake: ['queueMicrotask', 'nextTick'] })
})
afterEach(() => {
  jest.useRealTimers()
})

function refuse(status: number, headers: Readonly<Record<string, string>> = {}): () => Response {
  return () => new Response('{"error":"No"}', { status, headers })
}

async function listenAndHear(options: ListenerOptions = {}): Promise<[Listener, Refusal[]]> {
  const refusals: Refusal[] = []
  const listener = await listenAt100({
    onRefused: refusal => {
      refusals.push(refusal)
    },
    ...options,
  })
  return [listener, refusals]
}

describe('onRefused', () => {
  it.each([401, 402, 403, 404, 410, 451])(
    'receives a response with %i at once, after one attempt, and onError nothing',
    async status => {
      const [listener, refusals] = await listenAndHear()
      listener.answer = refuse(status)
      await expect(listener.player.renew()).rejects.toThrow(`sign got a response with status ${status}`)
      await settled()
      expect(refusals).toEqual([{ status, error: expect.any(Error) as Error }])
      expect(refusals[0]?.error).toMatchObject({ response: { status } })
      expect([listener.signings(), listener.errors]).toEqual([2, []])
    },
  )

  it.each([400, 408, 409, 425, 429, 500, 503])(
    'does not receive a response with %i, which is tried again',
    async status => {
      const [listener, refusals] = await listenAndHear()
      listener.answer = refuse(status)
      void listener.player.renew()
      await pass(60)
      expect([refusals, listener.signings()]).toEqual([[], 3])
      expect(listener.errors).toMatchObject([{ response: { status } }])
    },
  )

  it.each<[string, () => unknown]>([
    ['a status, as ofetch throws it', () => Promise.reject(Object.assign(new Error('No'), { status: 403 }))],
    [
      'a response, as axios and ky throw it',
      () => Promise.reject(Object.assign(new Error('No'), { response: { status: 403 } })),
    ],
    // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- apps do
    ['a response alone', () => Promise.reject(new Response(null, { status: 403 }))],
  ])('receives what sign throws with %s', async (_what, answer) => {
    const [listener, refusals] = await listenAndHear()
    listener.answer = answer
    listener.player.renew().catch(() => undefined)
    await settled()
    expect(refusals).toMatchObject([{ status: 403 }])
    expect(listener.signings()).toBe(2)
  })

  it('receives a refusal of the first link', async () => {
    const refusals: Refusal[] = []
    const { player, media, signings } = listen({
      answer: refuse(401),
      onRefused: refusal => {
        refusals.push(refusal)
      },
    })
    await expect(player.ready).rejects.toThrow('401')
    await settled()
    expect([refusals.length, signings(), media.sources]).toEqual([1, 1, []])
  })

  it('receives it when the server has taken the link back, within the buffer of the page', async () => {
    const [listener, refusals] = await listenAndHear()
    listener.answer = refuse(403)
    // The stream in progress ended, and the next range was refused.
    listener.media.fail(2)
    await settled()
    expect(refusals).toMatchObject([{ status: 403 }])
  })

  it('may stop the player, so that the buffer plays no more', async () => {
    const listener: Listener = await listenAt100({
      onRefused: () => {
        listener.player.stop()
      },
    })
    const { media } = listener
    listener.answer = refuse(403)
    await pass(3570)
    expect(media).toMatchObject({ src: '', paused: true })
    expect(media.buffered.length).toBe(0)
    await pass(7200)
    expect(listener.signings()).toBe(2)
  })

  it('stops nothing by itself, and the listener can try again', async () => {
    const [listener, refusals] = await listenAndHear()
    const { media } = listener
    listener.answer = refuse(401)
    await pass(3570)
    expect([refusals.length, media.paused, media.sources.length]).toEqual([1, false, 1])
    listener.answer = count => linkOf(3600, count)
    media.pause()
    void media.play()
    await pass(1)
    expect(media.sources).toHaveLength(2)
  })

  it('is not called while the response names a wait, which the client keeps', async () => {
    const [listener, refusals] = await listenAndHear()
    listener.answer = refuse(403, { 'Retry-After': '30' })
    const renewal = listener.player.renew()
    await pass(29)
    listener.answer = count => linkOf(3600, count)
    await pass(1)
    await renewal
    expect([refusals, listener.errors, listener.signings()]).toEqual([[], [], 3])
  })

  it('does not receive an error of the element', async () => {
    const [{ media, errors }, refusals] = await listenAndHear()
    media.fail(3)
    await settled()
    expect([refusals, errors]).toEqual([[], [{ code: 3 }]])
  })
})

describe('onError without onRefused', () => {
  it('receives the refusal at once, with the response', async () => {
    const listener = await listenAt100()
    listener.answer = refuse(410)
    listener.player.renew().catch(() => undefined)
    await settled()
    expect(listener.errors).toMatchObject([{ response: { status: 410 } }])
    expect(listener.signings()).toBe(2)
  })
})

describe('what is no refusal', () => {
  it.each<[string, unknown]>([
    ['nothing', undefined],
    ['null', null],
    ['a text', '403'],
    ['a number', 403],
    ['a status in a text', { status: '403' }],
    ['a response that is null', { response: null }],
    ['an error without a status', new Error('403')],
    [
      'a field that throws',
      {
        get status(): number {
          throw new Error('Hands off')
        },
      },
    ],
  ])('is %s', (_what, failure) => {
    expect(statusOfRefusal(failure)).toBeUndefined()
  })
})
