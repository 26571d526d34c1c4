/** When links are renewed, and what the listener notices of it. */
import { keepPlaying } from '../../src/client/index.ts'
import { linkOf, listen, listenAt100, pass, settled } from './listener'
import { ScriptedMedia } from './scripted-media'

beforeEach(() => {
  jest.useFakeTimers({ now: 1_700_000_000_000, doNotFake: ['queueMicrotask', 'nextTick'] })
})
afterEach(() => {
  jest.useRealTimers()
})

describe('the first link', () => {
  it('goes to the element at once, and does not start it', async () => {
    const { media, player, renewed } = listen()
    await player.ready
    expect(media.sources).toEqual(['https://app.example/s?expires=1700003600&n=1'])
    expect(player.expires).toBe(1_700_003_600)
    expect(renewed).toEqual([{ url: media.src, expires: 1_700_003_600 }])
    expect([media.paused, media.currentTime]).toEqual([true, 0])
  })

  it('leaves autoplay to the element', async () => {
    const media = new ScriptedMedia()
    media.autoplay = true
    await listen({ media }).player.ready
    expect(media.autoplay).toBe(true)
  })

  it('takes over an element that has played, at its second, and leaves it paused', async () => {
    const { media, player } = await listenAt100()
    player.close()
    media.pause()
    media.autoplay = true
    await listen({ media }).player.ready
    media.receive()
    expect(media).toMatchObject({ currentTime: 100, paused: true, autoplay: false })
  })

  it('plays for a play() that came before it', async () => {
    const media = new ScriptedMedia()
    await media.play()
    await listen({ media }).player.ready
    expect(media.paused).toBe(false)
  })

  it('starts at the position that the listener sought before it came', async () => {
    const { media, player } = listen()
    media.currentTime = 42
    await player.ready
    media.receive()
    expect(media.currentTime).toBe(42)
  })
})

describe('before the expiry', () => {
  it('renews 30 s ahead, and plays on at the same second', async () => {
    const { media, player, signings, renewed } = await listenAt100()
    await pass(3569)
    expect(signings()).toBe(1)
    await pass(1)
    expect(signings()).toBe(2)
    expect(media.sources).toHaveLength(2)
    expect(media.currentTime).toBe(100)
    media.receive()
    expect([media.currentTime, media.paused]).toEqual([100, false])
    expect(player.expires).toBe(1_700_000_000 + 3570 + 3600)
    expect(renewed).toHaveLength(2)
  })

  it('renews ahead by the given leeway', async () => {
    const { signings } = await listenAt100({ leeway: 600 })
    await pass(2999)
    expect(signings()).toBe(1)
    await pass(1)
    expect(signings()).toBe(2)
  })

  it('keeps rates and pitch', async () => {
    const { media } = await listenAt100()
    Object.assign(media, { playbackRate: 1.5, defaultPlaybackRate: 1.25, preservesPitch: false })
    await pass(3570)
    media.receive()
    expect(media).toMatchObject({ playbackRate: 1.5, defaultPlaybackRate: 1.25, preservesPitch: false })
  })

  it('renews what is paused, and leaves it paused though it has autoplay', async () => {
    const { media, signings } = await listenAt100()
    media.pause()
    media.autoplay = true
    await pass(3570)
    expect(signings()).toBe(2)
    media.receive()
    expect(media).toMatchObject({ currentTime: 100, paused: true, autoplay: false })
  })

  it('keeps the duration of what is paused with preload=none', async () => {
    const { media } = await listenAt100()
    media.pause()
    media.preload = 'none'
    await pass(3570)
    expect(media.preload).toBe('metadata')
    media.receive()
    expect(media).toMatchObject({ preload: 'none', duration: 3600 })
  })

  it('leaves preload=none alone if nobody has listened yet', async () => {
    const { media, player } = listen()
    media.preload = 'none'
    await player.ready
    await pass(3570)
    expect(media.sources).toHaveLength(2)
    expect(media.preload).toBe('none')
  })

  it('waits longer than a timer can', async () => {
    const month = 30 * 86_400
    const { signings } = listen({ leeway: 60, answer: count => linkOf(month, count) })
    await pass(month - 61)
    expect(signings()).toBe(1)
    await pass(1)
    expect(signings()).toBe(2)
  })

  it('does not call sign faster and faster if the link stays the same', async () => {
    const listener = await listenAt100()
    const expires = 1_700_000_000 + 3570 + 40
    listener.answer = () => `/s?expires=${expires}`
    await pass(3570)
    expect(listener.media.sources).toHaveLength(2)
    listener.media.receive()
    await pass(600)
    // Due after 10 s, and each time at half of what is left, down to a second.
    expect(listener.signings()).toBeLessThan(12)
    expect(listener.media.sources).toHaveLength(2)
  })
})

describe('a swap that the element does not need', () => {
  it('is left out while all up to the end is in the buffer', async () => {
    const { media, signings } = await listenAt100()
    media.buffer([90, 3600])
    await pass(3600)
    media.reach(120)
    expect(signings()).toBe(1)
    media.end()
    expect(signings()).toBe(1)
  })

  it('is made when the listener pauses, who does not hear it then', async () => {
    const { media, signings } = await listenAt100()
    media.buffer([90, 3600])
    await pass(3600)
    media.pause()
    await settled()
    expect(signings()).toBe(2)
    expect(media).toMatchObject({ currentTime: 100, paused: true })
  })

  it.each([
    [
      'seeks out of the buffer',
      (media: ScriptedMedia) => {
        media.currentTime = 20
      },
      20,
    ],
    ['plays again after the end', replay, 0],
  ])('is made when the listener %s', async (_what, act, position) => {
    const { media, signings } = await listenAt100()
    media.buffer([90, 3600])
    await pass(3600)
    act(media)
    await settled()
    expect(signings()).toBe(2)
    media.receive()
    expect([media.currentTime, media.paused]).toEqual([position, false])
  })

  function replay(media: ScriptedMedia): void {
    media.end()
    media.ended = false
    media.currentTime = 0
    void media.play()
  }

  it('is not left out for what begins again at its end', async () => {
    const { media, signings } = await listenAt100()
    media.loop = true
    media.buffer([90, 3600])
    await pass(3570)
    expect(signings()).toBe(2)
  })

  it('is left out while the page is hidden and nothing plays, and made when the page is visible again', async () => {
    const { media, signings } = await listenAt100()
    media.pause()
    media.ownerDocument.show(false)
    await pass(7200)
    expect(signings()).toBe(1)
    media.ownerDocument.show(true)
    await settled()
    expect(signings()).toBe(2)
    expect(media).toMatchObject({ currentTime: 100, paused: true })
  })

  it('is made when a hidden page plays again, as media keys make it', async () => {
    const { media, signings } = await listenAt100()
    media.pause()
    media.ownerDocument.show(false)
    await pass(7200)
    await media.play()
    await settled()
    expect(signings()).toBe(2)
    expect(media).toMatchObject({ currentTime: 100, paused: false })
  })
})

describe('a device that slept', () => {
  it.each([
    [
      'plays on',
      (media: ScriptedMedia) => {
        media.reach(101)
      },
    ],
    [
      'waits',
      (media: ScriptedMedia) => {
        media.wait()
      },
    ],
    [
      'is paused',
      (media: ScriptedMedia) => {
        media.pause()
      },
    ],
    [
      'is sought in',
      (media: ScriptedMedia) => {
        media.currentTime = 200
      },
    ],
    [
      'is seen again',
      (media: ScriptedMedia) => {
        media.ownerDocument.show(true)
      },
    ],
    ['comes from the cache of pages', pageshow],
  ])('renews as soon as the element %s', async (_what, wake) => {
    const { media, signings } = await listenAt100()
    jest.setSystemTime(1_700_000_000_000 + 86_400_000)
    wake(media)
    await settled()
    expect(signings()).toBe(2)
  })

  function pageshow(media: ScriptedMedia): void {
    media.ownerDocument.defaultView.dispatchEvent(new Event('pageshow'))
  }
})

describe('while sign is in progress', () => {
  it('calls sign once, however often the listener seeks, and plays at the last position', async () => {
    const listener = await listenAt100()
    const { media } = listener
    let give: ((url: string) => void) | undefined
    listener.answer = () =>
      new Promise(resolve => {
        give = resolve
      })
    await pass(3570)
    for (const seconds of [500, 700, 600]) media.currentTime = seconds
    media.wait()
    expect(listener.signings()).toBe(2)
    give?.(linkOf(3600, 2))
    await settled()
    expect(listener.signings()).toBe(2)
    media.receive()
    expect(media.currentTime).toBe(600)
  })

  it('keeps a pause and a play of the listener', async () => {
    const { media, player } = await listenAt100()
    const paused = player.renew()
    media.pause()
    await paused
    expect(media.paused).toBe(true)
    const played = player.renew()
    void media.play()
    await played
    expect(media.paused).toBe(false)
  })

  it('is one renewal for all calls of renew()', async () => {
    const { player, signings } = await listenAt100()
    await Promise.all([player.renew(), player.renew()])
    expect(signings()).toBe(2)
  })

  it('gives up the link if the app gives the element another source', async () => {
    const { media, player, errors, signings } = await listenAt100()
    const renewal = player.renew()
    media.src = 'blob:https://app.example/1'
    await expect(renewal).rejects.toThrow('The element was given another source')
    await pass(7200)
    media.wait()
    media.fail(2)
    await pass(60)
    expect(media.src).toBe('blob:https://app.example/1')
    expect(signings()).toBe(2)
    expect(errors).toEqual([])
  })
})

describe('a new link that still loads', () => {
  it('yields to a seek before its metadata', async () => {
    const { media, player } = await listenAt100()
    await player.renew()
    media.currentTime = 0
    media.receive()
    expect(media.currentTime).toBe(0)
  })

  it('stays at the end of what has become shorter', async () => {
    const { media, player } = await listenAt100()
    await player.renew()
    media.begin(60)
    expect(media.currentTime).toBe(60)
  })

  it('starts again what has ended, for it would end twice', async () => {
    const { media, player } = await listenAt100()
    media.end()
    await player.renew()
    media.receive()
    expect(media).toMatchObject({ currentTime: 0, paused: true })
  })

  it('leaves it to the listener to play if the browser requires a click first', async () => {
    const { media, player, errors } = await listenAt100()
    media.isPlayAllowed = false
    await player.renew()
    await settled()
    expect(errors).toEqual([])
    expect(media.paused).toBe(true)
  })
})

describe('in WebKit, which ignores a seek before the metadata, a new link', () => {
  function lost(): ScriptedMedia {
    return new ScriptedMedia('lost')
  }

  it('seeks once it has its metadata', async () => {
    const { media, player } = await listenAt100({ media: lost() })
    await player.renew()
    media.receive()
    expect(media.seeks).toEqual([100.01])
  })

  it('seeks again if the element only reports that it did', async () => {
    const { media, player } = await listenAt100({ media: new ScriptedMedia('reported') })
    await player.renew()
    expect(media.currentTime).toBe(100)
    media.receive()
    expect(media.seeks).toEqual([100.01])
  })

  it('plays at the position that the listener sought before the metadata', async () => {
    const { media, player } = await listenAt100({ media: new ScriptedMedia('reported') })
    await player.renew()
    media.currentTime = 7
    media.receive()
    expect(media.seeks).toEqual([7.01])
  })

  it('stays at the end of what has become shorter', async () => {
    const { media, player } = await listenAt100({ media: lost() })
    await player.renew()
    media.begin(60)
    expect(media.seeks).toEqual([60])
  })

  it('seeks once more if the browser ignored the first seek', async () => {
    const { media, player } = await listenAt100({ media: lost() })
    await player.renew()
    media.begin()
    media.reach(0)
    media.arrive()
    expect(media.seeks).toEqual([100.01, 100.01])
  })

  it('yields to a seek of the listener', async () => {
    const { media, player } = await listenAt100({ media: lost() })
    await player.renew()
    media.begin()
    media.currentTime = 7
    await settled()
    media.arrive()
    expect(media.currentTime).toBe(7)
  })

  it('keeps the position if it fails before its metadata', async () => {
    const { media, player, signings } = await listenAt100({ media: lost() })
    await player.renew()
    media.fail(2)
    await settled()
    expect(signings()).toBe(3)
    media.receive()
    expect(media.currentTime).toBe(100.01)
  })

  it('is left alone if the app gives the element another source', async () => {
    const { media, player } = await listenAt100({ media: lost() })
    await player.renew()
    media.src = 'blob:https://app.example/1'
    media.receive()
    expect(media.currentTime).toBe(0)
  })
})

describe('in WebKitGTK, which unmutes what it loads at another speed, a new link', () => {
  it('is muted as the one before', async () => {
    const { media, player } = await listenAt100()
    media.muted = true
    await player.renew()
    media.readyState = 1
    media.mute(false)
    media.receive()
    expect(media.muted).toBe(true)
  })

  it('is not muted if the listener unmutes while it loads', async () => {
    const { media, player } = await listenAt100()
    media.muted = true
    await player.renew()
    media.mute(false)
    media.receive()
    expect(media.muted).toBe(false)
  })

  it('is unmuted by the listener once it plays', async () => {
    const { media, player } = await listenAt100()
    media.muted = true
    await player.renew()
    media.receive()
    media.mute(false)
    expect(media.muted).toBe(false)
  })
})

describe('close', () => {
  it('stops timers and listeners, and leaves the element as it is', async () => {
    const { media, player, signings, errors } = await listenAt100()
    player.close()
    await pass(7200)
    media.wait()
    media.fail(2)
    await pass(60)
    expect(signings()).toBe(1)
    expect(errors).toEqual([])
    expect(media).toMatchObject({ currentTime: 100, paused: false })
    expect(jest.getTimerCount()).toBe(0)
  })

  it('aborts the signal of a sign in progress', async () => {
    const signals: AbortSignal[] = []
    const { media, player, errors } = listen({
      sign: ({ signal }) => {
        signals.push(signal)
        return new Promise<string>(() => undefined)
      },
    })
    player.close()
    await expect(player.ready).rejects.toMatchObject({ name: 'AbortError' })
    expect(signals.map(({ aborted }) => aborted)).toEqual([true])
    expect([media.sources, errors]).toEqual([[], []])
    expect(jest.getTimerCount()).toBe(0)
  })

  it('ends the wait for the second attempt', async () => {
    const { player, signings } = listen({ answer: () => Promise.reject(new Error('Offline')) })
    await settled()
    player.close()
    await expect(player.ready).rejects.toMatchObject({ name: 'AbortError' })
    expect(signings()).toBe(1)
    expect(jest.getTimerCount()).toBe(0)
  })

  it('makes renew() reject', async () => {
    const { player, signings } = await listenAt100()
    player.close()
    await expect(player.renew()).rejects.toMatchObject({ name: 'AbortError' })
    expect(signings()).toBe(1)
  })
})

describe('stop', () => {
  it('leaves nothing of the track to play, and begins no renewal', async () => {
    const { media, player, signings, errors } = await listenAt100()
    player.stop()
    expect(media).toMatchObject({ src: '', readyState: 0, currentTime: 0, paused: true, error: null })
    expect([media.hasAttribute('src'), media.buffered.length]).toEqual([false, 0])
    await pass(7200)
    await media.play()
    await pass(60)
    expect([signings(), errors, media.src]).toEqual([1, [], ''])
    expect(jest.getTimerCount()).toBe(0)
  })

  it('before the first link lets it never come', async () => {
    const { media, player, errors } = listen()
    player.stop()
    await expect(player.ready).rejects.toMatchObject({ name: 'AbortError' })
    await pass(60)
    expect([media.sources, errors]).toEqual([[], []])
  })

  it('empties an element also after close(), once', async () => {
    const { media, player } = await listenAt100()
    player.close()
    player.stop()
    expect(media.hasAttribute('src')).toBe(false)
    const load = jest.spyOn(media, 'load')
    player.stop()
    expect(load).not.toHaveBeenCalled()
  })

  it('makes renew() reject', async () => {
    const { player, signings } = await listenAt100()
    player.stop()
    await expect(player.renew()).rejects.toMatchObject({ name: 'AbortError' })
    expect(signings()).toBe(1)
  })

  it.each<[string, (media: ScriptedMedia) => void]>([
    ['a source', media => (media.src = 'blob:https://app.example/1')],
    ['a stream', media => (media.srcObject = {})],
  ])('leaves %s alone that the app gave the element', async (_what, give) => {
    const { media, player } = await listenAt100()
    give(media)
    const { src } = media
    player.stop()
    expect([media.src, media.hasAttribute('src')]).toEqual([src, true])
  })

  it('leaves the link of another keeper of the element alone', async () => {
    const { media, player } = await listenAt100()
    player.close()
    const other = listen({ media, answer: () => '/other?expires=1700009000' })
    await other.player.ready
    player.stop()
    expect(media.src).toBe('https://app.example/other?expires=1700009000')
    other.player.stop()
    expect(media.hasAttribute('src')).toBe(false)
  })
})

describe('options', () => {
  function sign(): string {
    return '/s'
  }

  it.each<[object, string]>([
    [{}, 'Cannot keep playing: sign must be a function, got undefined'],
    [{ sign: '/s' }, 'Cannot keep playing: sign must be a function, got string'],
    [{ sign, leeway: -1 }, 'Cannot keep playing: leeway must be seconds, 0 or more, got -1'],
    [{ sign, leeway: '30' }, 'Cannot keep playing: leeway must be seconds, 0 or more, got 30'],
    [{ sign, onError: true }, 'Cannot keep playing: onError must be a function, got boolean'],
    [{ sign, onRefused: 403 }, 'Cannot keep playing: onRefused must be a function, got number'],
    [{ sign, onRenewal: sign }, 'Cannot keep playing: unknown option "onRenewal"'],
  ])('%p throw at once', (options, message) => {
    const media = new ScriptedMedia()
    expect(() => keepPlaying(media.element, options as { sign: typeof sign })).toThrow(message)
    expect(jest.getTimerCount()).toBe(0)
  })
})
