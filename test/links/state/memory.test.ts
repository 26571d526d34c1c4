/** The bounds of what a process remembers of listeners, places and revocations. */
import { RevocationList } from '../../../src/links/revocation-list'
import { SignedAhead } from '../../../src/links/signed-ahead'
import type { RevocationEntry } from '../../../src/links/state/link-state'
import { MemoryListeners } from '../../../src/links/state/memory-listeners'
import { MemoryPlaces } from '../../../src/links/state/memory-places'
import type { AuthenticLink } from '../../../src/signing/authenticate-link'

const HOLD = { limit: 1, seconds: 15, onLimit: 'refuse', isListening: false } as const

describe('who began', () => {
  let now = 0
  function clock(): number {
    return now
  }
  beforeEach(() => {
    now = 0
  })

  it('is forgotten from the oldest on, if no limit counts it', () => {
    const listeners = new MemoryListeners(2, clock)
    for (const key of ['a', 'b', 'c']) listeners.begin('link', [key], { limit: Infinity, seconds: 9 })
    expect(['a', 'b', 'c'].map(key => listeners.isKnown('link', [key]))).toEqual([false, true, true])
  })

  it('is never forgotten while a limit counts it, and makes room when it has ended', () => {
    const listeners = new MemoryListeners(2, clock)
    const options = { limit: 5, seconds: 9 }
    expect(listeners.begin('one', ['a'], options)).toBe('begun')
    expect(listeners.begin('two', ['a'], options)).toBe('begun')
    expect(() => listeners.begin('three', ['a'], options)).toThrow('Too many listeners')
    expect(listeners.begin('one', ['a'], options)).toBe('known')
    now = 10
    expect(listeners.begin('three', ['a'], options)).toBe('begun')
    expect(listeners.isKnown('one', ['a'])).toBe(false)
  })

  it('looks for what has ended once a second at most', () => {
    const listeners = new MemoryListeners(1, clock)
    listeners.begin('one', ['a'], { limit: 5, seconds: 0.5 })
    expect(() => listeners.begin('two', ['a'], { limit: 5, seconds: 9 })).toThrow('Too many')
    now = 0.6
    expect(() => listeners.begin('two', ['a'], { limit: 5, seconds: 9 })).toThrow('Too many')
    now = 1.1
    expect(listeners.begin('two', ['a'], { limit: 5, seconds: 9 })).toBe('begun')
  })

  it('has at most 16 keys, however many a client shows', () => {
    const listeners = new MemoryListeners(100, clock)
    for (let key = 0; key < 30; key++) {
      listeners.begin('link', ['address', `k${key}`], { limit: 1, seconds: 9 })
    }
    const known = Array.from({ length: 30 }, (_, key) => listeners.isKnown('link', [`k${key}`]))
    expect(known.filter(Boolean)).toHaveLength(15)
  })
})

describe('who listens', () => {
  it('is forgotten when nobody holds the place any more', () => {
    let now = 0
    const places = new MemoryPlaces(() => now)
    for (let subject = 0; subject < 1000; subject++) places.hold(`s${subject}`, ['a'], HOLD)
    now = 20
    expect(places.hold('another', ['a'], HOLD)).toBe('held')
    expect(places.isHeld('s1', ['a'])).toBe(false)
    expect(places.hold('s1', ['b'], HOLD)).toBe('held')
  })

  it('does not come back for half a minute after it was displaced', () => {
    let now = 0
    const places = new MemoryPlaces(() => now)
    places.hold('s', ['a'], HOLD)
    places.displace('s', ['a'])
    expect(places.hold('s', ['a'], { ...HOLD, isListening: true })).toBe('displaced')
    now = 31
    expect(places.hold('s', ['a'], HOLD)).toBe('held')
  })
})

describe('what is revoked', () => {
  const link = {
    name: 'a',
    keyId: 'k1',
    grant: { id: 'track1', expires: 100, keyIndex: 0, signedAt: 10, listener: 'u42' },
  } as unknown as AuthenticLink

  function entry(more: Partial<RevocationEntry>): RevocationEntry {
    return { kind: 'listener', value: 'u42', before: 10, until: 50, endsStreams: true, ...more }
  }

  it('is the later of two revocations of one handle, for streams and links apart', () => {
    const list = new RevocationList(10)
    list.add(entry({ before: 5 }), 0)
    expect([list.isRevoked(link), list.endsStreams(link)]).toEqual([false, false])
    list.add(entry({ before: 20, endsStreams: false, until: undefined }), 0)
    expect([list.isRevoked(link), list.endsStreams(link)]).toEqual([true, false])
    expect(Array.from(list.entries())).toEqual([
      entry({ before: 20, endsStreams: false, until: undefined }),
      entry({ before: 5, until: undefined }),
    ])
    list.dropEnded(1000)
    expect(list.isRevoked(link)).toBe(true)
  })

  it.each<Partial<RevocationEntry>>([{ kind: 'stream', value: 'x' }, { before: NaN }])(
    'is nothing by %j',
    more => {
      const list = new RevocationList(10)
      try {
        list.add(entry(more), 0)
      } catch {
        // Refused, which is as well.
      }
      expect([list.size, list.isRevoked(link)]).toEqual([0, false])
    },
  )

  it('covers a link that was signed ahead, until the clock has passed it', () => {
    const ahead = new SignedAhead()
    const handles = { link: undefined, listener: 'u42', track: 'track1', key: undefined }
    ahead.note(handles, 11, 10)
    expect([ahead.latest('listener', 'u42', 10), ahead.latest('listener', 'u43', 10)]).toEqual([11, 10])
    for (let count = 0; count < 1000; count++) ahead.note({ ...handles, listener: `l${count}` }, 21, 20)
    expect(ahead.latest('listener', 'u42', 0)).toBe(0)
  })
})
