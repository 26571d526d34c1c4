/** How `sign` asks for a later retry, and which values are limited or ignored. */
import { readRetryAfter } from '../../src/client/retry-after.ts'
import { retryDelay } from '../../src/client/retry-delay.ts'
import { linkOf, listen, listenAt100, pass, settled } from './listener'

const NOW = 1_700_000_000_000

function unavailable(retryAfter?: string): Response {
  return new Response('{"error":"Busy"}', {
    status: 503,
    headers: retryAfter === undefined ? {} : { 'Retry-After': retryAfter },
  })
}

function later(retryAfter: unknown): Error {
  return Object.assign(new Error('Busy'), { retryAfter })
}

describe('a wait', () => {
  const date = new Date(NOW + 90_000).toUTCString()

  it.each<[string, unknown, number]>([
    ['a number', later(30), 30],
    ['a fraction', later(0.5), 0.5],
    ['none at all', later(0), 0],
    ['text, as a header has it', later('30'), 30],
    ['a date', later(date), 90],
    ['a date that is past', later(new Date(NOW - 1000).toUTCString()), 0],
    ['what is no error', { retryAfter: 30 }, 30],
    ['a response', unavailable('30'), 30],
    ['a response with a date', unavailable(date), 90],
    ['the response of an error', Object.assign(new Error('503'), { response: unavailable('30') }), 30],
  ])('is read of %s', (_what, failure, seconds) => {
    expect(readRetryAfter(failure, NOW)).toBe(seconds)
  })

  it('by a date is counted from the date of the response, for clocks differ', () => {
    const headers = { 'Retry-After': date, Date: new Date(NOW + 60_000).toUTCString() }
    expect(readRetryAfter(new Response('', { status: 503, headers }), NOW)).toBe(30)
  })

  it.each<[string, unknown]>([
    ['no error', undefined],
    ['null', null],
    ['a text', 'Busy'],
    ['an error without one', new Error('Busy')],
    ['a negative number', later(-1)],
    ['NaN', later(NaN)],
    ['no number', later('soon')],
    ['an empty text', later('')],
    ['a fraction in a text', later('30.5')],
    ['a sign', later('+30')],
    ['a date of another format', later('2030-01-01')],
    ['a date that is none', later('Sun, 99 Foo 2030 00:00:00 GMT')],
    ['true', later(true)],
    ['a bigint', later(30n)],
    ['an object', later({})],
    ['a response without one', unavailable()],
    ['headers that are no headers', { headers: { get: 'Retry-After' } }],
    ['a response that is null', { response: null }],
    [
      'fields that throw',
      {
        get retryAfter(): number {
          throw new Error('Hands off')
        },
      },
    ],
  ])('is not read of %s', (_what, failure) => {
    expect(readRetryAfter(failure, NOW)).toBeUndefined()
  })
})

describe('the delay before a retry', () => {
  const fresh = { failures: 0, postponements: 0, waited: 0 }

  function range(history: object, retryAfter: number | undefined, remaining = 0): readonly unknown[] {
    return [0, 1].map(value => retryDelay({ ...fresh, ...history }, retryAfter, remaining, () => value))
  }

  it.each([
    ['is 1 to 5 s', range({}, undefined), [1000, 5000]],
    ['ends halfway to the expiry of the link in use', range({}, undefined, 3000), [1000, 2000]],
    ['is none after a second failure', range({ failures: 1 }, undefined), [undefined, undefined]],
    ['is the wait that is asked for, or half as much again', range({}, 30), [30_000, 45_000]],
    ['is never less than a second', range({}, 0), [1000, 5000]],
    ['grows for a server that always asks for less', range({ postponements: 4 }, 0), [16_000, 24_000]],
    ['is minutes for one that asks for days', range({}, 1e9), [200_000, 300_000]],
    ['is minutes for one that asks for ever', range({}, Infinity), [200_000, 300_000]],
    ['is none after 5 minutes in all', range({ waited: 280_000 }, 30), [undefined, undefined]],
    ['does not depend on failures that asked for nothing', range({ failures: 1 }, 30), [30_000, 45_000]],
  ])('%s', (_what, delays, expected) => {
    expect(delays).toEqual(expected)
  })
})

describe('sign', () => {
  beforeEach(() => {
    jest.useFakeTimers({ now: NOW, doNotFake: ['queueMicrotask', 'nextTick'] })
  })
  afterEach(() => {
    jest.useRealTimers()
  })

  it('may give the response of fetch, whose JSON is the link', async () => {
    const { media, player } = listen({ sign: () => Promise.resolve(Response.json({ url: '/s?expires=1' })) })
    await player.ready
    expect(media.sources).toEqual(['https://app.example/s?expires=1'])
  })

  it.each<[string, () => unknown]>([
    ['gives a response with Retry-After', () => unavailable('30')],
    ['rejects with a response with Retry-After', () => Promise.resolve().then(throwResponse)],
    ['throws an error with retryAfter', throwLater],
    ['gives retryAfter in place of a link', () => ({ error: 'Busy', retryAfter: 30 })],
  ])('that %s is called after that wait, and not before', async (_what, refuse) => {
    const listener = listen({ answer: refuse })
    await settled()
    listener.answer = count => linkOf(3600, count)
    await pass(29.999)
    expect(listener.signings()).toBe(1)
    await pass(0.001)
    await listener.player.ready
    expect(listener.signings()).toBe(2)
    expect(listener.errors).toEqual([])
  })

  function throwResponse(): never {
    // eslint-disable-next-line @typescript-eslint/only-throw-error -- apps do: `if (!response.ok) throw response`
    throw unavailable('30')
  }

  function throwLater(): never {
    throw later(30)
  }

  it('leaves the link in use alone while it waits, whatever the element does', async () => {
    const listener = await listenAt100({ leeway: 600 })
    const { media, errors, signings } = listener
    listener.answer = () => unavailable('120')
    await pass(3000)
    expect(signings()).toBe(2)
    listener.answer = count => linkOf(3600, count)
    await media.play()
    media.currentTime = 300
    media.arrive()
    media.ownerDocument.show(true)
    media.reach(301)
    await pass(119)
    expect(signings()).toBe(2)
    expect(media).toMatchObject({ paused: false, currentTime: 301, error: null })
    expect([media.sources.length, errors]).toEqual([1, []])
    await pass(1)
    expect(media.sources).toHaveLength(2)
    media.receive()
    expect(media).toMatchObject({ paused: false, currentTime: 301 })
  })

  it('is called at once by renew(), also while it waits', async () => {
    const listener = listen({ answer: () => unavailable('120') })
    await settled()
    listener.answer = count => linkOf(3600, count)
    await listener.player.renew()
    expect(listener.signings()).toBe(2)
    expect(listener.media.sources).toHaveLength(1)
    await pass(300)
    expect(listener.signings()).toBe(2)
  })

  it('is called as often as it asks for it, and given up after 5 minutes', async () => {
    const { player, signings, errors } = listen({ answer: () => unavailable('60') })
    await pass(299)
    expect([signings(), errors]).toEqual([5, []])
    await pass(1)
    await expect(player.ready).rejects.toThrow('Cannot play: sign got a response with status 503')
    expect(signings()).toBe(6)
    expect(errors).toEqual([expect.objectContaining({ response: expect.any(Response) as Response })])
    await pass(3600)
    expect(signings()).toBe(6)
  })

  it('that asks for days is called again within 5 minutes', async () => {
    const listener = listen({ answer: () => unavailable('1000000000') })
    await settled()
    listener.answer = count => linkOf(3600, count)
    await pass(300)
    expect(listener.media.sources).toHaveLength(1)
  })

  it('that always asks for no wait is called less and less often', async () => {
    const { signings } = listen({ answer: () => unavailable('0') })
    await pass(3600)
    expect(signings()).toBe(9)
  })

  it.each(['-1', 'soon', 'NaN', ''])('is called again after a second for Retry-After: %p', async value => {
    const { signings, errors } = listen({ answer: () => unavailable(value) })
    await pass(1)
    expect(signings()).toBe(2)
    expect(errors).toHaveLength(1)
  })

  it('is not called again once the app has given the element another source', async () => {
    const { media, player, signings, errors } = listen({ answer: () => unavailable('30') })
    await settled()
    media.src = 'blob:https://app.example/1'
    await pass(60)
    await expect(player.ready).rejects.toMatchObject({ name: 'AbortError' })
    expect([signings(), errors]).toEqual([1, []])
  })

  it('is not called again once the player is closed', async () => {
    const { player, signings, errors } = listen({ answer: () => unavailable('30') })
    await settled()
    player.close()
    await expect(player.ready).rejects.toMatchObject({ name: 'AbortError' })
    expect(jest.getTimerCount()).toBe(0)
    expect([signings(), errors]).toEqual([1, []])
  })

  it('has the body of a response that is not ok cancelled', async () => {
    let isCancelled = false
    const body = new ReadableStream({
      cancel() {
        isCancelled = true
      },
    })
    listen({ sign: () => new Response(body, { status: 503 }) })
    await settled()
    expect(isCancelled).toBe(true)
  })
})
