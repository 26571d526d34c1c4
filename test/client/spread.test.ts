/** Hundreds of players whose links expire together, and a server that must not have them all in one second. */
import { readLink } from '../../src/client/link.ts'
import { gather, type Crowd } from './crowd'
import { linkOf, pass } from './listener'

const SIZE = 400
/** Seconds that a link lives. */
const LIFE = 3600

beforeEach(() => {
  jest.useFakeTimers({ now: 1_700_000_000_000, doNotFake: ['queueMicrotask', 'nextTick'] })
})
afterEach(() => {
  jest.useRealTimers()
})

function total({ perSecond }: Crowd): number {
  return perSecond().reduce((sum, count) => sum + count, 0)
}

function busiest({ perSecond }: Crowd): number {
  return Math.max(...perSecond())
}

function refuse(): Promise<never> {
  return Promise.reject(new Error('Service Unavailable'))
}

describe('hundreds of players of one expiry', () => {
  it('renew in the first half of the leeway, at most 10 % of them in one second', async () => {
    const crowd = await gather(SIZE, () => linkOf(LIFE, 0))
    crowd.forget()
    await pass(LIFE - 30 - 0.001)
    expect(total(crowd)).toBe(0)
    await pass(15)
    expect(total(crowd)).toBe(SIZE)
    expect(crowd.perSecond().length).toBeGreaterThanOrEqual(15)
    expect(busiest(crowd)).toBeLessThanOrEqual(SIZE * 0.1)
  })

  it('spread more with a longer leeway', async () => {
    const crowd = await gather(SIZE, () => linkOf(LIFE, 0), 600)
    crowd.forget()
    await pass(LIFE - 300)
    expect(total(crowd)).toBe(SIZE)
    expect(busiest(crowd)).toBeLessThanOrEqual(SIZE * 0.015)
  })

  it('retry spread over seconds when their first links fail together, at most 30 % of them in one', async () => {
    const crowd = await gather(SIZE, refuse)
    expect(crowd.perSecond()).toEqual([SIZE])
    crowd.forget()
    crowd.sign = () => linkOf(LIFE, 0)
    await pass(0.999)
    expect(total(crowd)).toBe(0)
    await pass(4.001)
    expect(total(crowd)).toBe(SIZE)
    expect(busiest(crowd)).toBeLessThanOrEqual(SIZE * 0.3)
  })

  it('come back spread after the wait that the server asks for, none of them sooner', async () => {
    const crowd = await gather(SIZE, () => Promise.reject(Object.assign(new Error(), { retryAfter: 30 })))
    crowd.forget()
    crowd.sign = () => linkOf(LIFE, 0)
    await pass(29.999)
    expect(total(crowd)).toBe(0)
    await pass(15.001)
    expect(total(crowd)).toBe(SIZE)
    expect(busiest(crowd)).toBeLessThanOrEqual(SIZE * 0.1)
  })

  it('retry before the link in use expires', async () => {
    const crowd = await gather(SIZE, () => linkOf(10, 0))
    crowd.forget()
    crowd.sign = refuse
    await pass(10)
    expect(total(crowd)).toBe(2 * SIZE)
  })
})

describe('a renewal', () => {
  const now = 1_700_000_000_000

  /** Seconds before the expiry, with the least and with the largest number of a random. */
  function window(life: number, leeway: number): readonly number[] {
    return [0, 1 - 2 ** -53].map(value => {
      const signing = { askedAt: now, now, leeway, baseUrl: 'https://app.example/', random: () => value }
      const { renewAt = NaN } = readLink({ url: '/s', expiresIn: life }, signing).toBegin ?? {}
      return Math.round(now / 1000 + life - renewAt / 1000)
    })
  }

  it.each([
    { life: 3600, leeway: 30, from: 30, to: 15 },
    { life: 3600, leeway: 600, from: 600, to: 300 },
    { life: 40, leeway: 30, from: 20, to: 10 },
    { life: 3600, leeway: Infinity, from: 1800, to: 900 },
    { life: 3600, leeway: 0, from: 0, to: 0 },
  ])(
    'of a link of $life s with a leeway of $leeway s begins $from to $to s before the expiry',
    ({ life, leeway, from, to }) => {
      expect(window(life, leeway)).toEqual([from, to])
    },
  )
})
