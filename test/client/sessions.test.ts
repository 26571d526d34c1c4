/** Links whose listeners may continue after the expiry, if they began before it. */
import { listen, listenAt100, pass, settled, type Listener } from './listener'
import { ScriptedMedia } from './scripted-media'

const NOW = 1_700_000_000
const LIFE = 300
const SESSION = 4 * 3600

beforeEach(() => {
  jest.useFakeTimers({ now: NOW * 1000, doNotFake: ['queueMicrotask', 'nextTick'] })
})
afterEach(() => {
  jest.useRealTimers()
})

/** A link of five minutes, by which a listener plays four hours more. */
function answer(count: number): object {
  const expires = Math.floor(Date.now() / 1000) + LIFE
  return { url: `/s?expires=${expires}&n=${count}`, expires, playUntil: expires + SESSION }
}

describe('a listener who has begun', () => {
  let listener: Listener

  beforeEach(async () => {
    listener = await listenAt100({ answer })
  })

  it('keeps the link past its expiry, whatever it does', async () => {
    const { media, signings } = listener
    await pass(LIFE + 600)
    media.reach(700)
    media.currentTime = 2000
    await settled()
    media.arrive()
    media.pause()
    await pass(60)
    await media.play()
    media.wait()
    media.arrive()
    await settled()
    expect(signings()).toBe(1)
    expect(media.sources).toHaveLength(1)
  })

  it('gets a new link 30 s before its time is over, and plays on at the same second', async () => {
    const { media, signings } = listener
    await pass(LIFE + SESSION - 31)
    expect(signings()).toBe(1)
    await pass(1)
    expect(signings()).toBe(2)
    media.receive()
    expect([media.sources.length, media.currentTime, media.paused]).toEqual([2, 100, false])
  })

  it('keeps the new link as long', async () => {
    const { media, signings } = listener
    await pass(LIFE + SESSION - 30)
    media.receive()
    await pass(LIFE + SESSION - 31)
    expect(signings()).toBe(2)
    await pass(1)
    expect(signings()).toBe(3)
  })

  it('gets a new link when the server refuses this one', async () => {
    const { media, signings, errors } = listener
    await pass(LIFE + 60)
    media.fail(2)
    await settled()
    expect(signings()).toBe(2)
    media.receive()
    expect(media.sources).toHaveLength(2)
    expect([media.currentTime, media.paused, errors]).toEqual([100, false, []])
  })

  it('gets a new link when no data come', async () => {
    const { media, signings } = listener
    await pass(LIFE + 60)
    media.currentTime = 3000
    media.readyState = 1
    await pass(5)
    expect(signings()).toBe(2)
  })

  it('retries a renewal that fails while there is time', async () => {
    listener.answer = count => {
      if (count === 2) throw new Error('Offline')
      return answer(count)
    }
    await pass(LIFE + SESSION - 30)
    expect(listener.signings()).toBe(2)
    await pass(1)
    expect([listener.signings(), listener.errors]).toEqual([3, []])
  })

  it('hears of a link that was taken back once the app signs no other', async () => {
    const { media, errors } = listener
    listener.answer = () => new Response(null, { status: 403 })
    media.fail(2)
    await settled()
    expect(listener.signings()).toBe(2)
    expect(errors).toMatchObject([{ response: { status: 403 } }])
    await pass(SESSION)
    expect([listener.signings(), media.sources.length]).toEqual([2, 1])
  })
})

describe('a listener who has not begun', () => {
  it('gets a new link before the expiry', async () => {
    const { signings, media } = listen({ answer })
    await pass(LIFE - 31)
    expect(signings()).toBe(1)
    await pass(1)
    expect(signings()).toBe(2)
    expect(media.sources).toHaveLength(2)
  })

  it('gets a new link at the press on play after the expiry, if the page was hidden before', async () => {
    const { media, signings } = listen({ answer })
    media.ownerDocument.show(false)
    await pass(LIFE + 60)
    expect(signings()).toBe(1)
    await media.play()
    await settled()
    expect(signings()).toBe(2)
    expect([media.sources.length, media.paused]).toEqual([2, false])
  })

  it('gets a new link for the one that replaced another, if it has not loaded before the expiry', async () => {
    const { media, player, signings } = await listenAt100({ answer })
    media.pause()
    media.preload = 'none'
    await player.renew()
    await pass(LIFE - 31)
    expect(signings()).toBe(2)
    await pass(1)
    expect(signings()).toBe(3)
  })

  it('keeps a link whose metadata came in the last second', async () => {
    const media = new ScriptedMedia()
    const { signings } = listen({ answer, media })
    await pass(LIFE - 31)
    media.begin()
    await pass(600)
    expect(signings()).toBe(1)
  })
})

it('renews as without playUntil if it is not later than the expiry', async () => {
  const { signings } = await listenAt100({
    answer: count => ({ url: `/s?n=${count}`, expires: NOW + LIFE, playUntil: NOW + LIFE }),
  })
  await pass(LIFE - 30)
  expect(signings()).toBe(2)
})

it('keeps the time of a link that sign gave once more', async () => {
  const stable = answer(1)
  const { player, signings, media } = await listenAt100({ answer: () => stable })
  await pass(100)
  await player.renew()
  await pass(LIFE + 600)
  expect([signings(), media.sources.length]).toEqual([2, 1])
})
