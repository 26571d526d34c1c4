/** What fails, what is tried again, and when the app gets the error. */
import { linkOf, listen, listenAt100, pass, settled } from './listener'
import type { ScriptedMedia } from './scripted-media'

beforeEach(() => {
  jest.useFakeTimers({ now: 1_700_000_000_000, doNotFake: ['queueMicrotask', 'nextTick'] })
})
afterEach(() => {
  jest.useRealTimers()
})

describe('a link that fails', () => {
  it.each([
    ['MEDIA_ERR_NETWORK', 2],
    ['MEDIA_ERR_SRC_NOT_SUPPORTED', 4],
  ])('with %s is replaced once, at the same second', async (_name, code) => {
    const { media, signings, errors } = await listenAt100()
    media.fail(code)
    await settled()
    expect(signings()).toBe(2)
    media.receive()
    expect([media.currentTime, media.paused, media.error]).toEqual([100, false, null])
    expect(errors).toEqual([])
  })

  it('plays on also if the browser pauses with the error', async () => {
    const { media } = await listenAt100()
    media.paused = true
    media.fail(2)
    await settled()
    expect(media.paused).toBe(false)
  })

  it('a second time in a row is reported to the app', async () => {
    const { media, signings, errors } = await listenAt100()
    media.fail(2)
    await settled()
    media.receive()
    await settled()
    media.reach(101)
    media.fail(2)
    await settled()
    expect(signings()).toBe(2)
    expect(errors).toEqual([{ code: 2 }])
    await pass(7200)
    expect(signings()).toBe(2)
  })

  it('after it has played on is replaced again', async () => {
    const { media, signings, errors } = await listenAt100()
    for (const seconds of [110, 120]) {
      media.fail(2)
      await settled()
      media.receive()
      media.reach(seconds)
    }
    expect(signings()).toBe(3)
    expect(errors).toEqual([])
  })

  it('twice is tried again when the listener does something', async () => {
    const { media, signings, errors } = await listenAt100()
    media.fail(2)
    await settled()
    media.fail(2)
    await settled()
    media.pause()
    void media.play()
    await settled()
    expect(signings()).toBe(3)
    media.receive()
    expect([media.currentTime, media.paused]).toEqual([100, false])
    expect(errors).toHaveLength(1)
  })

  it('because it cannot be decoded is not replaced', async () => {
    const { media, signings, errors } = await listenAt100()
    media.fail(3)
    await settled()
    expect(signings()).toBe(1)
    expect(errors).toEqual([{ code: 3 }])
  })

  it.each([2, 3])('while sign is in progress is not reported: MediaError %i', async code => {
    const { media, player, errors } = await listenAt100()
    const renewal = player.renew()
    media.fail(code)
    await renewal
    expect(errors).toEqual([])
  })

  it('is loaded again if the app signs the same one', async () => {
    const listener = await listenAt100()
    const { media } = listener
    const [url] = media.sources
    listener.answer = () => url
    media.wait()
    await pass(5)
    expect(media.sources).toEqual([url, url])
  })

  it('while sign is in progress does not count as a failure', async () => {
    const listener = await listenAt100()
    const { media } = listener
    const renewal = listener.player.renew()
    media.fail(2)
    await renewal
    media.receive()
    expect([media.currentTime, media.paused]).toEqual([100, false])
    expect(listener.signings()).toBe(2)
    media.fail(2)
    await settled()
    expect(listener.signings()).toBe(3)
    expect(listener.errors).toEqual([])
  })
})

describe('an element that waits without an error, as in Safari,', () => {
  it('gets another link when nothing has come for 5 s', async () => {
    const { media, signings } = await listenAt100()
    media.wait()
    await pass(4.9)
    expect(signings()).toBe(1)
    await pass(0.1)
    expect(signings()).toBe(2)
    expect([media.currentTime, media.paused]).toEqual([100, false])
  })

  it('has its 5 s counted from the last byte, however often it emits stalled', async () => {
    const { media, signings } = await listenAt100()
    media.wait()
    await pass(3)
    media.stall()
    await pass(2)
    expect(signings()).toBe(2)
  })

  it('gets another link when a seek does not end, though it is paused', async () => {
    const { media, signings } = await listenAt100()
    media.pause()
    media.currentTime = 2000
    media.readyState = 1
    await pass(5)
    expect(signings()).toBe(2)
    media.receive()
    expect([media.currentTime, media.paused]).toEqual([2000, true])
  })

  it('keeps its link while bytes come, however slowly', async () => {
    const { media, signings } = await listenAt100()
    media.wait()
    for (let seconds = 0; seconds < 60; seconds += 4) {
      await pass(4)
      media.buffer([0, 101])
    }
    expect(signings()).toBe(1)
  })

  it.each([
    [
      'plays on',
      (media: ScriptedMedia) => {
        media.arrive()
      },
    ],
    [
      'is paused',
      (media: ScriptedMedia) => {
        media.pause()
      },
    ],
  ])('keeps its link if it %s', async (_what, act) => {
    const { media, signings } = await listenAt100()
    media.wait()
    await pass(4)
    act(media)
    await pass(60)
    expect(signings()).toBe(1)
  })

  it('with two links in a row is reported to the app, and tried again when the listener does something', async () => {
    const { media, signings, errors } = await listenAt100()
    media.wait()
    await pass(60)
    expect(signings()).toBe(2)
    expect(errors).toEqual([new Error('The media makes no progress')])
    media.pause()
    void media.play()
    await settled()
    expect(signings()).toBe(3)
  })
})

describe('a source of the app’s own', () => {
  it('is left alone while it stalls, and when the listener plays', async () => {
    const { media, signings, errors } = await listenAt100()
    media.src = 'blob:https://app.example/1'
    void media.play()
    media.receive()
    media.wait()
    await pass(60)
    expect(signings()).toBe(1)
    expect(errors).toEqual([])
  })
})

describe('an app that does not sign', () => {
  const offline = new Error('Offline')

  it('has sign called a second time after a second', async () => {
    const listener = listen({
      answer: count => (count === 1 ? Promise.reject(offline) : linkOf(3600, count)),
    })
    await settled()
    expect(listener.signings()).toBe(1)
    await pass(1)
    await listener.player.ready
    expect(listener.media.sources).toHaveLength(1)
    expect(listener.errors).toEqual([])
  })

  it.each([
    ['rejects', () => Promise.reject(offline), 'Offline'],
    ['throws', throwOffline, 'Offline'],
    ['gives no url', () => ({ error: 'Not signed in' }), 'sign must give a url'],
  ])('and %s twice makes ready reject, and is reported', async (_what, answer, message) => {
    const listener = listen({ answer })
    await pass(1)
    await expect(listener.player.ready).rejects.toThrow(message)
    expect(listener.errors).toEqual([
      expect.objectContaining({ message: expect.stringContaining(message) as string }),
    ])
    expect(listener.player.expires).toBeUndefined()
    await pass(7200)
    expect(listener.signings()).toBe(2)
  })

  function throwOffline(): never {
    throw offline
  }

  it('and never settles has its two attempts timed out', async () => {
    const listener = listen({ answer: () => new Promise(() => undefined) })
    await pass(15 + 1 + 15)
    expect(listener.signings()).toBe(2)
    expect(listener.errors).toEqual([expect.objectContaining({ name: 'TimeoutError' })])
  })

  it('leaves the playing element alone, and does not have sign called at each timeupdate', async () => {
    const listener = await listenAt100()
    listener.answer = () => Promise.reject(offline)
    await pass(3600)
    for (let seconds = 101; seconds < 130; seconds += 1) listener.media.reach(seconds)
    await pass(60)
    expect(listener.signings()).toBe(3)
    expect(listener.errors).toEqual([offline])
    expect(listener.media.sources).toHaveLength(1)
  })

  it.each([
    [
      'the listener plays',
      (media: ScriptedMedia) => {
        void media.play()
      },
    ],
    [
      'the listener seeks',
      (media: ScriptedMedia) => {
        media.currentTime = 300
      },
    ],
    [
      'the buffer is empty',
      (media: ScriptedMedia) => {
        media.wait()
      },
    ],
    [
      'the page is visible',
      (media: ScriptedMedia) => {
        media.ownerDocument.show(true)
      },
    ],
    ['the network is back', online],
  ])('has sign called again when %s', async (_what, act) => {
    const listener = await listenAt100()
    const { media } = listener
    media.pause()
    listener.answer = () => Promise.reject(offline)
    await pass(3600)
    listener.answer = count => linkOf(3600, count)
    act(media)
    await settled()
    expect(listener.signings()).toBe(4)
    expect(media.sources).toHaveLength(2)
  })

  function online(media: ScriptedMedia): void {
    media.ownerDocument.defaultView.dispatchEvent(new Event('online'))
  }

  it('makes renew() reject', async () => {
    const listener = await listenAt100()
    listener.answer = () => Promise.reject(offline)
    const renewal = expect(listener.player.renew()).rejects.toBe(offline)
    await pass(1)
    await renewal
  })

  it('gives a first link when sign is called again', async () => {
    const listener = listen({ answer: () => Promise.reject(offline) })
    await pass(1)
    listener.answer = count => linkOf(3600, count)
    void listener.media.play()
    await settled()
    expect(listener.media.sources).toHaveLength(1)
    expect(listener.media.paused).toBe(false)
  })
})
