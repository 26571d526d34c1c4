import { Buffer } from 'node:buffer'
import { createHash } from 'node:crypto'
import { ClockError } from '../../src/clock'
import type { Expiry } from '../../src/signing/expiry'
import {
  computeSignature,
  createSigner,
  type LinkOptions,
  type SignerOptions,
} from '../../src/signing/signer'

const SECRET = '0123456789abcdef0123456789abcdef'
const NOW = 1_609_459_200
const VECTOR = '48b8dbc12a7422917d6016e43d021bd26f40a0cceea290481f5b9a714716719d'

const IDS = [
  'track1',
  'a',
  '-_-',
  '__proto__',
  'été_2026',
  'песня',
  '歌曲',
  'गीता',
  '٣७Ⅷ½',
  '𝒜𐐷',
  'e\u0301te\u0301',
  'x'.repeat(512),
]

/** The kind of value, the value, and how the error shows it. */
const BAD_IDS: [string, string, string][] = [
  ['an empty id', '', 'got ""'],
  ['an id with the separator', 'a|1', 'got "a|1"'],
  ['the path of a file', 'a/b.flac', 'got "a/b.flac": idFromPath makes an id of a path'],
  ['a name with spaces', '01 - Name', 'got "01 - Name": idFromPath makes an id of a path'],
  ['an id with a dot', 'a.b', 'got "a.b"'],
  [
    'the name of a file',
    'track1.mp3',
    'got "track1.mp3": leave out ".mp3", which signUrl adds by the option extension',
  ],
  [
    'the name of a file in capitals',
    'A.MP3',
    'got "A.MP3": leave out ".MP3", which signUrl adds by the option extension',
  ],
  ['an id of 513 characters', 'x'.repeat(513), `got "${'x'.repeat(48)}"…, 513 characters`],
  ['an id with a line feed', 'a\n', 'got "a\\u{a}"'],
  ['an id that turns a terminal around', 'a\u202e\u009bb', 'got "a\\u{202e}\\u{9b}b"'],
  ['an id with a lone surrogate', 'a\ud800', 'got "a\\u{d800}"'],
  ['a number', 7 as never, 'got 7'],
  ['nothing', undefined as never, 'got undefined'],
]

const ID_RULE = 'Cannot sign: id must be 1 to 512 letters, marks, digits, "_" or "-"'

/** HMAC-SHA256 in hex, as RFC 2104 defines it. `test/players/openssl.test.ts` compares with another program. */
function hmac(secret: string | Uint8Array, text: string): string {
  const bytes = Buffer.from(secret)
  const key = Buffer.concat([bytes.length > 64 ? sha256(bytes) : bytes, Buffer.alloc(64)], 64)
  const [inner, outer] = [0x36, 0x5c].map(pad => key.map(byte => byte ^ pad)) as [Uint8Array, Uint8Array]
  return sha256(outer, sha256(inner, Buffer.from(text))).toString('hex')
}

function sha256(...parts: readonly Uint8Array[]): Buffer {
  return createHash('sha256').update(Buffer.concat(parts)).digest()
}

function signerAt(now: number, options: Partial<SignerOptions> = {}) {
  return createSigner({ secret: SECRET, baseUrl: '/stream', now: () => now, ...options })
}

/** What a JavaScript caller might pass. */
function wrong(expiry: unknown): Expiry {
  return expiry as Expiry
}

describe('computeSignature', () => {
  it('gives the published vector', () => {
    expect(computeSignature(SECRET, 'track1', NOW)).toBe(VECTOR)
  })

  it.each(IDS)('agrees with RFC 2104 about %s', id => {
    for (const expires of [0, 1, NOW, 99_999_999_999]) {
      expect(computeSignature(SECRET, id, expires)).toBe(hmac(SECRET, `${id}|${expires}`))
    }
  })

  it.each([
    ['a text of 64 bytes', 'k'.repeat(64)],
    ['a text of 65 bytes', 'k'.repeat(65)],
    ['a text beyond ASCII', 'clé-très-secrète-de-32-octets-ou-plus'],
  ])('agrees with RFC 2104 about a secret that is %s', (_what, secret) => {
    expect(computeSignature(secret, 'track1', NOW)).toBe(hmac(secret, `track1|${NOW}`))
  })

  it('agrees with RFC 2104 about a secret of any bytes', () => {
    const secret = Uint8Array.from({ length: 48 }, (_, index) => 255 - index * 5)
    expect(computeSignature(secret, 'track1', NOW)).toBe(hmac(secret, `track1|${NOW}`))
  })

  it.each(BAD_IDS)('rejects %s', (_what, id, shown) => {
    expect(() => computeSignature(SECRET, id, NOW)).toThrow(RangeError)
    expect(() => computeSignature(SECRET, id, NOW)).toThrow(`${ID_RULE}, ${shown}`)
  })

  it.each([
    ['a fraction', NOW + 0.5, 'expires must be whole seconds since the epoch, got 1609459200.5'],
    ['NaN', NaN, 'expires must be whole seconds since the epoch, got NaN'],
    ['Infinity', Infinity, 'expires must be whole seconds since the epoch, got Infinity'],
    ['a negative number', -1, 'expires must be whole seconds since the epoch, got -1'],
    ['milliseconds', NOW * 1000, 'expires is too large for seconds (1609459200000); are these milliseconds?'],
  ])('refuses %s', (_what, expires, message) => {
    expect(() => computeSignature(SECRET, 'track1', expires)).toThrow(RangeError)
    expect(() => computeSignature(SECRET, 'track1', expires)).toThrow(`Cannot sign: ${message}`)
  })

  it('refuses a number as text', () => {
    expect(() => computeSignature(SECRET, 'track1', '1609459200' as never)).toThrow(
      'Cannot sign: expires must be whole seconds since the epoch, got 1609459200',
    )
  })

  it('refuses a short secret, without showing it', () => {
    expect(() => computeSignature('hunter2', 'track1', NOW)).toThrow(
      'Cannot make computeSignature: secret must have at least 16 bytes, got 7',
    )
  })
})

describe('createSigner', () => {
  describe('sign', () => {
    it('gives the published vector for an expiry at a time', () => {
      expect(signerAt(NOW).sign('track1', { expiresAt: NOW })).toEqual({ expires: NOW, sig: VECTOR })
    })

    it('gives the published vector for an expiry in a time', () => {
      expect(signerAt(NOW - 3600).sign('track1', { expiresIn: 3600 })).toEqual({ expires: NOW, sig: VECTOR })
    })

    it('counts from the system clock unless it gets another one', () => {
      const clock = jest.spyOn(Date, 'now').mockReturnValue((NOW - 60) * 1000 + 999)
      expect(createSigner({ secret: SECRET }).sign('track1', { expiresIn: 60 }).expires).toBe(NOW)
      clock.mockRestore()
    })

    it('reads the clock each time', () => {
      let now = NOW
      const signer = createSigner({ secret: SECRET, now: () => now })
      expect(signer.sign('track1', { expiresIn: 1 }).expires).toBe(NOW + 1)
      now += 10
      expect(signer.sign('track1', { expiresIn: 1 }).expires).toBe(NOW + 11)
    })

    it('signs with the first secret of a list', () => {
      const secret = [SECRET, 'fedcba9876543210fedcba9876543210']
      expect(signerAt(NOW, { secret }).sign('track1', { expiresAt: NOW }).sig).toBe(VECTOR)
    })

    it('takes the largest number that is surely seconds', () => {
      expect(signerAt(NOW).sign('track1', { expiresAt: 1e11 }).expires).toBe(100_000_000_000)
    })

    it.each(BAD_IDS)('rejects %s', (_what, id, shown) => {
      expect(() => signerAt(NOW).sign(id, { expiresIn: 60 })).toThrow(RangeError)
      expect(() => signerAt(NOW).sign(id, { expiresIn: 60 })).toThrow(`${ID_RULE}, ${shown}`)
    })

    it.each([
      ['none of the two', {}],
      ['both', { expiresIn: 60, expiresAt: NOW + 60 }],
      ['both undefined', { expiresIn: undefined, expiresAt: undefined }],
    ])('refuses %s', (_what, expiry) => {
      expect(() => signerAt(NOW).sign('track1', wrong(expiry))).toThrow(TypeError)
      expect(() => signerAt(NOW).sign('track1', wrong(expiry))).toThrow(
        'Cannot sign: give exactly one of expiresIn and expiresAt',
      )
    })

    it('refuses a misspelt one, also beside one that is right', () => {
      const expiry = { expiresIn: 3600, expiresat: NOW + 60 }
      expect(() => signerAt(NOW).sign('track1', expiry)).toThrow('Cannot sign: unknown option "expiresat"')
    })

    it.each([
      ['0', 0, '0'],
      ['a negative number', -60, '-60'],
      ['a fraction', 0.5, '0.5'],
      ['NaN', NaN, 'NaN'],
      ['Infinity', Infinity, 'Infinity'],
      ['a text', '60', '60'],
      ['null', null, 'null'],
      ['more than a safe integer', 2 ** 53, '9007199254740992'],
    ])('refuses to expire in %s', (_what, expiresIn, shown) => {
      expect(() => signerAt(NOW).sign('track1', wrong({ expiresIn }))).toThrow(RangeError)
      expect(() => signerAt(NOW).sign('track1', wrong({ expiresIn }))).toThrow(
        `Cannot sign: expiresIn must be a whole number of seconds, 1 or more, got ${shown}`,
      )
    })

    it.each([
      ['a fraction', NOW + 0.5, 'expiresAt must be whole seconds since the epoch, got 1609459200.5'],
      ['NaN', NaN, 'expiresAt must be whole seconds since the epoch, got NaN'],
      ['Infinity', Infinity, 'expiresAt must be whole seconds since the epoch, got Infinity'],
      ['a negative number', -1, 'expiresAt must be whole seconds since the epoch, got -1'],
      ['a text', '1609459260', 'expiresAt must be whole seconds since the epoch, got 1609459260'],
      ['null', null, 'expiresAt must be whole seconds since the epoch, got null'],
      ['a second past', NOW - 1, 'expiresAt 1609459199 is past, now is 1609459200'],
      ['the epoch', 0, 'expiresAt 0 is past, now is 1609459200'],
      [
        'milliseconds',
        (NOW + 60) * 1000,
        'expiresAt is too large for seconds (1609459260000); are these milliseconds?',
      ],
      [
        'one more than is surely seconds',
        1e11 + 1,
        'expiresAt is too large for seconds (100000000001); are these milliseconds?',
      ],
    ])('refuses to expire at %s', (_what, expiresAt, message) => {
      expect(() => signerAt(NOW).sign('track1', wrong({ expiresAt }))).toThrow(RangeError)
      expect(() => signerAt(NOW).sign('track1', wrong({ expiresAt }))).toThrow(`Cannot sign: ${message}`)
    })

    it('refuses to expire at a Date', () => {
      expect(() => signerAt(NOW).sign('track1', wrong({ expiresAt: new Date() }))).toThrow(
        'Cannot sign: expiresAt must be whole seconds since the epoch, got ',
      )
    })

    it('refuses a time in milliseconds given for a duration', () => {
      expect(() => signerAt(NOW).sign('track1', { expiresIn: NOW * 1000 })).toThrow(
        'Cannot sign: expiresIn is too large for seconds (1611068659200); are these milliseconds?',
      )
    })
  })

  it('rejects an extension for sign, whose result has no path', () => {
    const options = { expiresIn: 60, extension: 'mp3' } as const
    expect(() => signerAt(NOW).sign('track1', options)).toThrow('Cannot sign: unknown option "extension"')
  })

  describe('createLink', () => {
    it('gives the link and what is in it', () => {
      expect(signerAt(NOW - 60).createLink('track1', { expiresIn: 60 })).toEqual({
        url: `/stream/track1?expires=1609459200&sig=${VECTOR}`,
        expires: NOW,
        sig: VECTOR,
      })
    })

    it('looks at the clock once, so that the expiry is that of the link', () => {
      let now = NOW - 60
      // A second passes at every call.
      const signer = createSigner({ secret: SECRET, baseUrl: '/stream', now: () => now++ })
      const { url, expires, sig } = signer.createLink('track1', { expiresIn: 60 })
      expect(expires).toBe(NOW + 1)
      expect(url).toBe(`/stream/track1?expires=${expires}&sig=${sig}`)
      expect(sig).toBe(hmac(SECRET, `track1|${NOW + 1}`))
      expect(now).toBe(NOW - 58)
    })

    it('rejects what sign rejects', () => {
      expect(() => signerAt(NOW).createLink('a|1', { expiresIn: 60 })).toThrow('id must be')
      expect(() => signerAt(NOW).createLink('track1', { expiresAt: NOW - 1 })).toThrow('is past')
    })

    it('throws when the signer was made without baseUrl', () => {
      const signer = createSigner({ secret: SECRET })
      expect(() => signer.createLink('track1', { expiresIn: 60 })).toThrow(TypeError)
      expect(() => signer.createLink('track1', { expiresIn: 60 })).toThrow('made without baseUrl')
    })
  })

  describe('of a clock that returns no time', () => {
    it.each([
      ['NaN', NaN],
      ['nothing', undefined],
      ['a promise', Promise.resolve(NOW)],
      ['a text', String(NOW)],
      ['milliseconds', NOW * 1000],
    ])('throws for %s, when the signer is made', (_what, value) => {
      const now = (() => value) as () => number
      expect(() => createSigner({ secret: SECRET, now })).toThrow(TypeError)
      expect(() => createSigner({ secret: SECRET, now })).toThrow(
        'Cannot make createSigner: now must return seconds since the epoch, got ',
      )
    })

    it('throws, and signs nothing, when it stops working later', () => {
      let now = NOW
      const signer = createSigner({ secret: SECRET, baseUrl: '/stream', now: () => now })
      now = NaN
      for (const expiry of [{ expiresIn: 60 }, { expiresAt: NOW }]) {
        expect(() => signer.sign('track1', expiry)).toThrow(ClockError)
        expect(() => signer.createLink('track1', expiry)).toThrow(TypeError)
      }
    })
  })

  describe('signUrl', () => {
    it.each([
      ['a URL', 'https://api.example.com/stream', 'https://api.example.com/stream/track1'],
      [
        'a URL with a slash at the end',
        'https://api.example.com/stream/',
        'https://api.example.com/stream/track1',
      ],
      ['a URL of a host', 'https://api.example.com', 'https://api.example.com/track1'],
      ['a URL with a port', 'http://localhost:8082/stream', 'http://localhost:8082/stream/track1'],
      ['a URL in upper case', 'HTTPS://API.EXAMPLE.COM/stream', 'HTTPS://API.EXAMPLE.COM/stream/track1'],
      ['a path', '/stream', '/stream/track1'],
      ['a path with slashes at the end', '/stream//', '/stream/track1'],
      ['the root', '/', '/track1'],
      ['nothing', '', '/track1'],
    ])('makes a link from %s', (_what, baseUrl, expected) => {
      expect(signerAt(NOW - 60, { baseUrl }).signUrl('track1', { expiresIn: 60 })).toBe(
        `${expected}?expires=1609459200&sig=${VECTOR}`,
      )
    })

    it('percent-encodes the id, and signs it as it is', () => {
      const sig = hmac(SECRET, `été|${NOW}`)
      expect(signerAt(NOW).signUrl('été', { expiresAt: NOW })).toBe(
        `/stream/%C3%A9t%C3%A9?expires=1609459200&sig=${sig}`,
      )
    })

    it.each([
      ['mp3', '.mp3'],
      ['MP3', '.MP3'],
      ['m4b', '.m4b'],
      [undefined, ''],
    ] as const)('writes the extension %p behind the id, and signs the id alone', (extension, ending) => {
      const url = `/stream/track1${ending}?expires=1609459200&sig=${VECTOR}`
      expect(signerAt(NOW).signUrl('track1', { expiresAt: NOW, extension })).toBe(url)
      expect(signerAt(NOW - 5).createLink('track1', { expiresIn: 5, extension })).toEqual({
        url,
        expires: NOW,
        sig: VECTOR,
      })
    })

    it.each([
      ['exe', 'got "exe"'],
      ['', 'got ""'],
      ['.mp3', 'got ".mp3": write "mp3"'],
      ['song.FLAC', 'got "song.FLAC": write "flac"'],
      ['Mp3', 'got "Mp3": write "mp3"'],
      ['mp3?a=1', 'got "mp3?a=1"'],
      ['mp3/../x', 'got "mp3/../x"'],
      ['constructor', 'got "constructor"'],
      ['m\u212aa', 'got "m\u212aa"'],
      [null, 'got null'],
      [3, 'got 3'],
      [['mp3'], 'got an array'],
    ])('rejects the extension %j', (extension, shown) => {
      const options = { expiresIn: 60, extension } as LinkOptions
      expect(() => signerAt(NOW).signUrl('track1', options)).toThrow(RangeError)
      expect(() => signerAt(NOW).createLink('track1', options)).toThrow(
        'Cannot sign: extension must be one of mp3, m4a, m4b, mp4, aac, ogg, oga, opus, flac, wav, weba, webm, ' +
          `mka, aif, aiff, caf, ${shown}`,
      )
    })

    it('rejects no options at all as sign does', () => {
      expect(() => signerAt(NOW).signUrl('track1', undefined as never)).toThrow('give exactly one of')
      expect(() => signerAt(NOW).signUrl('track1', { extension: 'mp3' } as never)).toThrow(
        'give exactly one of',
      )
    })

    it('refuses as sign does', () => {
      expect(() => signerAt(NOW).signUrl('a|1', { expiresIn: 60 })).toThrow('id must be')
      expect(() => signerAt(NOW).signUrl('track1', { expiresAt: NOW - 1 })).toThrow('is past')
    })

    it('throws if the signer was made without baseUrl', () => {
      const signer = createSigner({ secret: SECRET })
      expect(() => signer.signUrl('track1', { expiresIn: 60 })).toThrow(TypeError)
      expect(() => signer.signUrl('track1', { expiresIn: 60 })).toThrow('made without baseUrl')
    })
  })

  it.each([
    ['a query', 'https://example.com/stream?a=1'],
    ['an empty query', '/stream?'],
    ['a fragment', '/stream#a'],
    ['a relative path', 'stream'],
    ['a host without a scheme', 'example.com/stream'],
    ['another scheme', 'ftp://example.com/stream'],
    ['a script', 'javascript:alert(1)'],
    ['no host', 'https://'],
    ['an impossible host', 'https://exa%mple.com'],
    ['a space', 'https://example.com/a b'],
    ['a line feed', '/stream\n'],
    ['a URL object', new URL('https://example.com/stream')],
    ['null', null],
    ['a number', 5],
  ])('refuses a baseUrl of %s', (_what, baseUrl) => {
    expect(() => signerAt(NOW, { baseUrl: baseUrl as string })).toThrow(TypeError)
    expect(() => signerAt(NOW, { baseUrl: baseUrl as string })).toThrow(
      'Cannot make createSigner: baseUrl must be an http(s) URL or a path, without query and fragment, got ',
    )
  })

  it.each([
    ['no options', undefined, 'options must be an object'],
    ['no secret', {}, 'secret is missing'],
    ['a short secret', { secret: 'hunter2' }, 'secret must have at least 16 bytes, got 7'],
    ['an empty list of secrets', { secret: [] }, 'secret is an empty list'],
    ['a clock that is none', { secret: SECRET, now: NOW }, 'now must be a function'],
    ['a misspelt option', { secret: SECRET, baseURL: '/stream' }, 'unknown option "baseURL"'],
  ])('refuses %s', (_what, options, message) => {
    expect(() => createSigner(options as SignerOptions)).toThrow(`Cannot make createSigner: ${message}`)
  })

  it('makes a signer that cannot be changed', () => {
    expect(Object.isFrozen(signerAt(NOW))).toBe(true)
  })
})
