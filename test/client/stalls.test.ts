/** What is a stall and what is not: an element whose position moves plays, whatever its `readyState`. */
import { listenAt100, pass, settled, type Listener } from './listener'
import type { ScriptedMedia } from './scripted-media'

beforeEach(() => {
  jest.useFakeTimers({ now: 1_700_000_000_000, doNotFake: ['queueMicrotask', 'nextTick'] })
})
afterEach(() => {
  jest.useRealTimers()
})

/** Plays as WebKit does at `readyState` 2, four times a second; `isTold`: with `timeupdate`. */
async function playAt2(
  media: ScriptedMedia,
  seconds: number,
  { rate = 1, isTold = true } = {},
): Promise<void> {
  media.readyState = 2
  for (let step = 0; step < seconds * 4; step += 1) {
    await pass(0.25)
    if (isTold) media.reach(media.currentTime + rate / 4)
    else media.drift(rate / 4)
  }
}

function expectNoStall({ signings, errors, media }: Listener): void {
  expect([signings(), errors, media.sources.length]).toEqual([1, [], 1])
}

describe('no stall is', () => {
  it.each([
    ['an element that plays at readyState 2', {}],
    ['one that plays at half of the speed', { rate: 0.5 }],
    ['one that plays at the least speed of browsers', { rate: 0.0625 }],
    ['one that plays without a timeupdate, as in a hidden page', { isTold: false }],
    ['one that plays backwards', { rate: -1 }],
  ])('%s', async (_what, how) => {
    const listener = await listenAt100()
    listener.media.wait()
    await playAt2(listener.media, 60, how)
    expectNoStall(listener)
  })

  it('one that plays from its buffer while the network gives nothing', async () => {
    const listener = await listenAt100()
    const { media } = listener
    media.readyState = 2
    for (let seconds = 0; seconds < 60; seconds += 3) {
      media.stall()
      await playAt2(media, 3)
    }
    expectNoStall(listener)
  })

  it('a seek that completes though the readyState stays', async () => {
    const listener = await listenAt100()
    const { media } = listener
    media.currentTime = 500
    media.readyState = 2
    await pass(4)
    media.seeking = false
    await playAt2(media, 10)
    expectNoStall(listener)
  })

  it('a listener who seeks on and on, for each seek has its own time', async () => {
    const listener = await listenAt100()
    const { media } = listener
    for (let seconds = 200; seconds < 1000; seconds += 100) {
      media.currentTime = seconds
      media.readyState = 1
      await pass(3)
    }
    media.arrive()
    await pass(60)
    expectNoStall(listener)
  })

  it('one that is paused, also if its event comes after the timer', async () => {
    const listener = await listenAt100()
    listener.media.wait()
    listener.media.paused = true
    await pass(60)
    expectNoStall(listener)
  })

  it('one that has ended', async () => {
    const listener = await listenAt100()
    listener.media.wait()
    listener.media.ended = true
    await pass(60)
    expectNoStall(listener)
  })

  it('one whose speed is 0', async () => {
    const listener = await listenAt100()
    listener.media.playbackRate = 0
    listener.media.wait()
    await pass(60)
    expectNoStall(listener)
  })

  it('one whose buffer grows without an event', async () => {
    const listener = await listenAt100()
    const { media } = listener
    media.wait()
    for (let end = 161; end < 200; end += 1) {
      await pass(3)
      media.fill([0, end])
    }
    expectNoStall(listener)
  })
})

describe('a timer that is late', () => {
  /** The page's timers stand still for this long; the element's events wait behind them. */
  async function freeze(seconds: number): Promise<void> {
    jest.setSystemTime(Date.now() + seconds * 1000)
    await pass(5)
  }

  it('does not report a stall that is over', async () => {
    const listener = await listenAt100()
    const { media } = listener
    media.wait()
    await freeze(60)
    media.arrive()
    await pass(60)
    expectNoStall(listener)
  })

  it('does not report a stall of an element that has moved meanwhile', async () => {
    const listener = await listenAt100()
    const { media } = listener
    media.wait()
    media.drift(30)
    await freeze(60)
    await playAt2(media, 10)
    expectNoStall(listener)
  })

  it('reports one that lasts, though the next timer is late too', async () => {
    const { media, signings } = await listenAt100()
    media.wait()
    await freeze(60)
    expect(signings()).toBe(1)
    await freeze(60)
    expect(signings()).toBe(2)
  })
})

describe('a stall is', () => {
  it('one that begins after the element has played at readyState 2, without a further event', async () => {
    const { media, signings } = await listenAt100()
    media.wait()
    await playAt2(media, 30)
    await pass(4.9)
    expect(signings()).toBe(1)
    await pass(0.1)
    expect(signings()).toBe(2)
    media.receive()
    expect(media).toMatchObject({ currentTime: 130, paused: false })
  })

  it('an element whose clock only creeps', async () => {
    const { media, signings } = await listenAt100()
    media.wait()
    media.drift(0.001)
    await pass(5)
    expect(signings()).toBe(2)
  })

  it('one that outlasts a renewal that brings the same link', async () => {
    const listener = await listenAt100()
    const { media, player } = listener
    const [url] = media.sources
    listener.answer = () => ({ retryAfter: 30 })
    void player.renew()
    await pass(2)
    media.wait()
    await pass(27)
    listener.answer = () => url
    await pass(1)
    expect(listener.signings()).toBe(3)
    expect(media.sources).toEqual([url])
    await pass(2)
    expect(media.sources).toEqual([url, url])
    expect(listener.errors).toEqual([])
  })

  it('reported to the app once', async () => {
    const { media, errors } = await listenAt100()
    media.wait()
    await pass(600)
    expect(errors).toEqual([new Error('The media makes no progress')])
    await settled()
  })
})
