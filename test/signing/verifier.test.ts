import { createHash, createHmac } from 'node:crypto'
import type * as NodeCrypto from 'node:crypto'
import fc from 'fast-check'
import { ClockError } from '../../src/clock'
import { createSigner } from '../../src/signing/signer'
import { readOptions } from '../../src/options'
import { createLinkVerifier, type LinkVerifier } from '../../src/signing/link-verifier'
import {
  createVerifier,
  verifierOptions,
  verifySignedUrl,
  type VerifierOptions,
} from '../../src/signing/verifier'
import { anyText } from '../support/any-text'

const SECRET = '0123456789abcdef0123456789abcdef'
const OLD_SECRET = 'fedcba9876543210fedcba9876543210'
const OLDER_SECRET = 'ffffffffffffffff0000000000000000'
const NOW = 1_609_459_200
const VECTOR = '48b8dbc12a7422917d6016e43d021bd26f40a0cceea290481f5b9a714716719d'

/** The signature of any text, as another program makes it. */
function hmac(text: string, secret = SECRET): string {
  return createHmac('sha256', secret).update(text).digest('hex')
}

function queryFor(id: string, expires: number, secret = SECRET): string {
  return `expires=${expires}&sig=${hmac(`${id}|${expires}`, secret)}`
}

/** The code of the refusal, or `valid`. */
function judge(id: string, query: string, options: Partial<VerifierOptions> = {}): string {
  const verify = linkVerifier({ secret: SECRET, now: () => NOW, ...options })
  const verdict = verify(id, query)
  return verdict.valid ? 'valid' : verdict.code
}

function linkVerifier(options: VerifierOptions, maxRememberedBytes?: number): LinkVerifier {
  return createLinkVerifier(readOptions('requireSignedUrl', options, verifierOptions), maxRememberedBytes)
}

describe('createLinkVerifier', () => {
  it('grants what the published vector signs', () => {
    const verify = linkVerifier({ secret: SECRET, now: () => NOW })
    const verdict = verify('track1', `expires=1609459200&sig=${VECTOR}`)
    expect(verdict).toEqual({
      valid: true,
      grant: { id: 'track1', expires: 1_609_459_200, keyIndex: 0 },
      texts: { expires: '1609459200', sig: VECTOR },
    })
    expect(verdict.valid && Object.isFrozen(verdict.grant)).toBe(true)
  })

  it('says what a refused query claimed', () => {
    const verify = linkVerifier({ secret: SECRET, now: () => NOW })
    expect(verify('track1', 'expires=5')).toEqual({
      valid: false,
      code: 'SIGNATURE_MISSING',
      texts: { expires: '5', sig: undefined },
    })
    expect(verify('track1', 'expires=5&sig=x')).toEqual({
      valid: false,
      code: 'SIGNATURE_MALFORMED',
      texts: { expires: '5', sig: 'x' },
    })
    expect(verify('track2', `expires=1609459200&sig=${VECTOR}`)).toEqual({
      valid: false,
      code: 'SIGNATURE_INVALID',
      texts: { expires: '1609459200', sig: VECTOR },
    })
  })

  describe('of a forged signature', () => {
    it.each([
      ['zeros', '0'.repeat(64)],
      ['the digest of the text', createHash('sha256').update(`track1|${NOW}`).digest('hex')],
      ['the digest of secret and text', createHash('sha256').update(`${SECRET}track1|${NOW}`).digest('hex')],
      ['the MAC by an empty key', hmac(`track1|${NOW}`, '')],
      ['the MAC by the key undefined', hmac(`track1|${NOW}`, 'undefined')],
      ['the MAC by a key that is a prefix', hmac(`track1|${NOW}`, SECRET.slice(0, 16))],
      ['the MAC of the id alone', hmac('track1')],
      ['the MAC of another order', hmac(`${NOW}|track1`)],
      ['the MAC of another separator', hmac(`track1:${NOW}`)],
      ['the MAC with its last digit changed', `${VECTOR.slice(0, -1)}e`],
      ['the MAC with its first digit changed', `5${VECTOR.slice(1)}`],
    ])('refuses %s', (_what, sig) => {
      expect(judge('track1', `expires=${NOW}&sig=${sig}`)).toBe('SIGNATURE_INVALID')
    })
  })

  describe('of a signature that was made for another link', () => {
    it.each([
      ['a second added', 'track1', `expires=${NOW + 1}&sig=${VECTOR}`],
      ['a digit added', 'track1', `expires=${NOW}0&sig=${VECTOR}`],
      ['another id', 'track2', `expires=${NOW}&sig=${VECTOR}`],
      ['the id in other case', 'Track1', `expires=${NOW}&sig=${VECTOR}`],
      ['a digit moved into the id', 'abc1', `expires=700000000&sig=${hmac('abc|1700000000')}`],
      ['a digit moved out of the id', 'ab', `expires=11700000000&sig=${hmac('ab1|1700000000')}`],
      ['a letter moved out of the id', 'ab', `expires=1700000000&sig=${hmac('abc|1700000000')}`],
    ])('refuses %s', (_what, id, query) => {
      expect(judge(id, query)).toBe('SIGNATURE_INVALID')
    })

    it('refuses a separator moved into expires, though the MAC would hold', () => {
      expect(judge('a', `expires=1|${NOW}&sig=${hmac(`a|1|${NOW}`)}`)).toBe('SIGNATURE_MALFORMED')
      expect(judge('a', `expires=1%7C${NOW}&sig=${hmac(`a|1|${NOW}`)}`)).toBe('SIGNATURE_MALFORMED')
    })

    it.each(['1e10', '+1700000000', '01700000000', '1700000000.0', '0x6553f100', '-1', ' 1700000000'])(
      'refuses expires=%s, though the MAC of that text would hold',
      expires => {
        const query = `expires=${encodeURIComponent(expires)}&sig=${hmac(`a|${expires}`)}`
        expect(judge('a', query)).toBe('SIGNATURE_MALFORMED')
      },
    )
  })

  describe('of the expiry', () => {
    it.each([
      ['the epoch', 0, 'SIGNATURE_EXPIRED'],
      ['the second after the epoch', 1, 'SIGNATURE_EXPIRED'],
      ['the second before now', NOW - 1, 'SIGNATURE_EXPIRED'],
      ['now', NOW, 'valid'],
      ['the second after now', NOW + 1, 'valid'],
      ['milliseconds, where no maxTtl is set', NOW * 1000, 'valid'],
    ])('at %s', (_what, expires, expected) => {
      expect(judge('track1', queryFor('track1', expires))).toBe(expected)
    })

    it('is checked against the clock at each request', () => {
      let now = NOW
      const verify = linkVerifier({ secret: SECRET, now: () => now })
      const query = queryFor('track1', NOW)
      expect(verify('track1', query).valid).toBe(true)
      now = NOW + 1
      expect(verify('track1', query)).toMatchObject({ valid: false, code: 'SIGNATURE_EXPIRED' })
      now = NOW
      expect(verify('track1', query).valid).toBe(true)
    })

    it('is checked against the system clock unless another one is given', () => {
      const clock = jest.spyOn(Date, 'now')
      const verify = linkVerifier({ secret: SECRET })
      clock.mockReturnValue(NOW * 1000 + 999)
      expect(verify('track1', queryFor('track1', NOW)).valid).toBe(true)
      clock.mockReturnValue(NOW * 1000 + 1000)
      expect(verify('track1', queryFor('track1', NOW)).valid).toBe(false)
      clock.mockRestore()
    })
  })

  describe('of a clock that returns no time', () => {
    const NO_TIMES = [
      ['NaN', NaN],
      ['nothing', undefined],
      ['null', null],
      ['a promise', Promise.resolve(NOW)],
      ['a text', String(NOW)],
      ['Infinity', Infinity],
      ['minus Infinity', -Infinity],
      ['milliseconds', NOW * 1000],
    ] as const

    it.each(NO_TIMES)('is not accepted by a verifier: %s', (_what, value) => {
      const now = (() => value) as () => number
      expect(() => linkVerifier({ secret: SECRET, now })).toThrow(
        'Cannot make requireSignedUrl: now must return seconds since the epoch, got ',
      )
      const options = { secret: SECRET, now }
      expect(() => verifySignedUrl(`/track1?${queryFor('track1', 1)}`, options)).toThrow(TypeError)
      expect(() => verifySignedUrl(`/track1?${queryFor('track1', 1)}`, { ...options, maxTtl: 60 })).toThrow(
        'Cannot make verifySignedUrl: now must return seconds since the epoch, got ',
      )
    })

    it.each(NO_TIMES)('grants nothing when it begins to return %s', (_what, value) => {
      let time: unknown = NOW
      const verify = linkVerifier({ secret: SECRET, now: () => time as number }, 10_000)
      expect(verify('track1', queryFor('track1', NOW)).valid).toBe(true)
      time = value
      // Remembered, new, and of 1970.
      for (const expires of [NOW, NOW + 1, 1]) {
        expect(() => verify('track1', queryFor('track1', expires))).toThrow(ClockError)
      }
      time = NOW
      expect(verify('track1', queryFor('track1', NOW)).valid).toBe(true)
      expect(verify('track1', queryFor('track1', 1))).toMatchObject({ code: 'SIGNATURE_EXPIRED' })
    })

    it('makes verifySignedUrl throw, whichever call of it fails', () => {
      for (const times of [[NaN], [NOW, NaN]]) {
        let call = 0
        function now(): number {
          return times[call++] ?? NaN
        }
        expect(() => verifySignedUrl(`/track1?${queryFor('track1', NOW)}`, { secret: SECRET, now })).toThrow(
          TypeError,
        )
      }
    })
  })

  it.each([
    ['clockTolerance', { clockTolerance: NaN }, 'SIGNATURE_EXPIRED'],
    ['maxTtl', { maxTtl: NaN }, 'SIGNATURE_LIFETIME'],
  ])('grants nothing by a %s that is not a number', (_what, wrong, code) => {
    const settings = readOptions('requireSignedUrl', { secret: SECRET, now: () => NOW }, verifierOptions)
    const verify = createLinkVerifier({ ...settings, ...wrong })
    expect(verify('track1', queryFor('track1', NOW + 1))).toMatchObject({ valid: false, code })
  })

  describe('of clockTolerance', () => {
    it.each([
      [NOW - 5, 'valid'],
      [NOW - 6, 'SIGNATURE_EXPIRED'],
      [NOW, 'valid'],
    ])('lets a link to %i outlive its expiry by 5 seconds: %s', (expires, expected) => {
      expect(judge('track1', queryFor('track1', expires), { clockTolerance: 5 })).toBe(expected)
    })

    it('grants the expiry as it was signed', () => {
      const verify = linkVerifier({ secret: SECRET, now: () => NOW, clockTolerance: 5 })
      expect(verify('track1', queryFor('track1', NOW - 5))).toMatchObject({ grant: { expires: NOW - 5 } })
    })
  })

  describe('of maxTtl', () => {
    it.each([
      ['exactly so long', NOW + 3600, 'valid'],
      ['a second longer', NOW + 3601, 'SIGNATURE_LIFETIME'],
      ['until milliseconds', NOW * 1000, 'SIGNATURE_LIFETIME'],
      ['until 2^53 - 1', Number.MAX_SAFE_INTEGER, 'SIGNATURE_LIFETIME'],
      ['no longer', NOW - 1, 'SIGNATURE_EXPIRED'],
    ])('checks a link that is valid for %s', (_what, expires, expected) => {
      expect(judge('track1', queryFor('track1', expires), { maxTtl: 3600 })).toBe(expected)
    })

    it('of 0 leaves a link its last second', () => {
      expect(judge('track1', queryFor('track1', NOW), { maxTtl: 0 })).toBe('valid')
      expect(judge('track1', queryFor('track1', NOW + 1), { maxTtl: 0 })).toBe('SIGNATURE_LIFETIME')
    })

    it.each([
      ['a second longer, by a signer that is a second ahead', NOW + 3601, 'valid'],
      ['as much longer as clocks may differ', NOW + 3660, 'valid'],
      ['a second more', NOW + 3661, 'SIGNATURE_LIFETIME'],
    ])('allows clockTolerance of 60 besides, for a link that lives %s', (_what, expires, expected) => {
      const options = { maxTtl: 3600, clockTolerance: 60 }
      expect(judge('track1', queryFor('track1', expires), options)).toBe(expected)
    })
  })

  describe('in order', () => {
    it.each([
      ['missing before everything', 'expires=1', 'SIGNATURE_MISSING'],
      ['malformed before the MAC', `expires=1&sig=${VECTOR}x`, 'SIGNATURE_MALFORMED'],
      ['the MAC before the expiry', `expires=1&sig=${VECTOR}`, 'SIGNATURE_INVALID'],
      ['the MAC before the lifetime', `expires=9999999999&sig=${VECTOR}`, 'SIGNATURE_INVALID'],
      ['the expiry of an authentic link', queryFor('track1', 1), 'SIGNATURE_EXPIRED'],
      ['the lifetime of an authentic link', queryFor('track1', 9_999_999_999), 'SIGNATURE_LIFETIME'],
    ])('checks %s', (_what, query, expected) => {
      expect(judge('track1', query, { maxTtl: 3600 })).toBe(expected)
    })
  })

  describe('of several secrets', () => {
    const secret = [SECRET, OLD_SECRET, OLDER_SECRET]

    it.each([
      ['the first', SECRET, 0],
      ['the second', OLD_SECRET, 1],
      ['the last', OLDER_SECRET, 2],
    ])('grants by %s, and says which it was', (_what, signedBy, keyIndex) => {
      const verify = linkVerifier({ secret, now: () => NOW })
      expect(verify('track1', queryFor('track1', NOW, signedBy))).toMatchObject({
        valid: true,
        grant: { id: 'track1', expires: NOW, keyIndex },
      })
    })

    it('names the first of two equal secrets', () => {
      const verify = linkVerifier({ secret: [OLD_SECRET, SECRET, SECRET], now: () => NOW })
      expect(verify('track1', queryFor('track1', NOW))).toMatchObject({ grant: { keyIndex: 1 } })
    })

    it('refuses a secret that has gone', () => {
      expect(judge('track1', queryFor('track1', NOW, OLDER_SECRET), { secret: [SECRET, OLD_SECRET] })).toBe(
        'SIGNATURE_INVALID',
      )
    })

    it('compares with every key in constant time, whichever holds', () => {
      const crypto = jest.requireActual<typeof NodeCrypto>('node:crypto')
      const compare = jest.spyOn(crypto, 'timingSafeEqual')
      const verify = linkVerifier({ secret, now: () => NOW })
      for (const signedBy of [...secret, 'of no key at all']) {
        compare.mockClear()
        verify('track1', queryFor('track1', NOW, signedBy))
        expect(compare).toHaveBeenCalledTimes(3)
      }
      compare.mockRestore()
    })
  })

  it('grants whatever a signer signs', () => {
    const signer = createSigner({ secret: SECRET, now: () => NOW })
    const ids = fc
      .string({
        unit: fc.constantFrom('a', 'Z', '0', '_', '-', 'é', 'ж', '歌', '٣', '𐐷', '\u0301', 'ी'),
        minLength: 1,
      })
      .filter(id => Array.from(id).length <= 512)
    fc.assert(
      fc.property(ids, fc.integer({ min: 1, max: 1_000_000 }), (id, expiresIn) => {
        const { expires, sig } = signer.sign(id, { expiresIn })
        expect(judge(id, `expires=${expires}&sig=${sig}`)).toBe('valid')
      }),
    )
  })

  it.each([
    ['a missing secret', {}, 'Cannot make requireSignedUrl: secret is missing'],
    ['a short secret', { secret: 'hunter2' }, 'Cannot make requireSignedUrl: secret must have at least 16'],
  ])('refuses %s when it is made', (_what, options, message) => {
    expect(() => linkVerifier(options as VerifierOptions)).toThrow(message)
  })
})

describe('verifySignedUrl', () => {
  const options = { secret: SECRET, now: () => NOW }
  const query = `expires=1609459200&sig=${VECTOR}`
  const granted = { valid: true, grant: { id: 'track1', expires: 1_609_459_200, keyIndex: 0 } }

  it.each<[string, string | URL]>([
    ['an absolute URL', `https://api.example.com/stream/track1?${query}`],
    ['an absolute URL with user and port', `http://u:p@localhost:8082/track1?${query}`],
    ['a URL object', new URL(`https://api.example.com/stream/track1?${query}`)],
    ['a path', `/stream/track1?${query}`],
    ['a deep path', `/a/b/c/track1?${query}`],
    ['an id alone', `track1?${query}`],
    ['an encoded id', `/stream/%74rack1?${query}`],
    ['an extension', `/stream/track1.mp3?${query}`],
    ['an extension in upper case', `/stream/track1.FLAC?${query}`],
    ['an encoded extension', `/stream/track1%2Emp%33?${query}`],
    ['a fragment', `/stream/track1?${query}#t=40`],
    ['further parameters', `/stream/track1?utm_source=a&${query}&b=?/x`],
  ])('grants %s', (_what, url) => {
    expect(verifySignedUrl(url, options)).toEqual(granted)
  })

  it('grants an id beyond ASCII, encoded or not', () => {
    const expected = { valid: true, grant: { id: 'été', expires: NOW, keyIndex: 0 } }
    expect(verifySignedUrl(`/stream/%C3%A9t%C3%A9?${queryFor('été', NOW)}`, options)).toEqual(expected)
    expect(verifySignedUrl(`/stream/été?${queryFor('été', NOW)}`, options)).toEqual(expected)
    expect(verifySignedUrl(new URL(`http://h/été?${queryFor('été', NOW)}`), options)).toEqual(expected)
  })

  it('grants what signUrl made', () => {
    const signer = createSigner({ secret: SECRET, baseUrl: 'https://api.example.com/stream', now: () => NOW })
    const url = signer.signUrl('歌曲', { expiresIn: 60 })
    expect(verifySignedUrl(url, options)).toMatchObject({ valid: true, grant: { id: '歌曲' } })
  })

  it.each([
    ['no query', '/stream/track1', 'SIGNATURE_MISSING'],
    ['a query behind the fragment', `/stream/track1#?${query}`, 'SIGNATURE_MISSING'],
    ['a bad sig', '/stream/track1?expires=1&sig=x', 'SIGNATURE_MALFORMED'],
    ['sig twice', `/stream/track1?${query}&sig=${VECTOR}`, 'SIGNATURE_MALFORMED'],
    ['another id', `/stream/track2?${query}`, 'SIGNATURE_INVALID'],
    ['an expired link', `/stream/track1?${queryFor('track1', NOW - 1)}`, 'SIGNATURE_EXPIRED'],
    ['an expired link with a bad MAC', `/stream/track1?expires=1&sig=${VECTOR}`, 'SIGNATURE_INVALID'],
    ['a slash at the end', `/stream/track1/?${query}`, 'INVALID_ID'],
    ['a URL without a path', `https://track1?${query}`, 'INVALID_ID'],
    ['an empty text', '', 'INVALID_ID'],
    ['an extension that is not served', `/stream/track1.txt?${query}`, 'INVALID_ID'],
    ['two extensions', `/stream/track1.mp3.mp3?${query}`, 'INVALID_ID'],
    ['an extension alone', `/stream/.mp3?${query}`, 'INVALID_ID'],
    ['a dot at the end', `/stream/track1.?${query}`, 'INVALID_ID'],
    ['an encoded slash', `/stream/a%2Fb?${queryFor('a/b', NOW)}`, 'INVALID_ID'],
    ['a doubly encoded slash', `/stream/a%252Fb?${queryFor('a%2Fb', NOW)}`, 'INVALID_ID'],
    ['an encoded separator', `/stream/a%7C1?${queryFor('a|1', NOW)}`, 'INVALID_ID'],
    ['a raw separator', `/stream/a|1?${queryFor('a|1', NOW)}`, 'INVALID_ID'],
    ['dots', `/stream/%2e%2e?${queryFor('..', NOW)}`, 'INVALID_ID'],
    ['NUL', `/stream/a%00?${queryFor('a\0', NOW)}`, 'INVALID_ID'],
    ['a path that does not decode', `/stream/%zz?${query}`, 'INVALID_ID'],
    ['overlong UTF-8', `/stream/%c0%ae?${query}`, 'INVALID_ID'],
    ['a signed extension', `/stream/track1.mp3?${queryFor('track1.mp3', NOW)}`, 'SIGNATURE_INVALID'],
    ['513 characters', `/stream/${'a'.repeat(513)}?${query}`, 'INVALID_ID'],
    ['8 kB of percent-encoding', `/stream/${'%61'.repeat(2731)}?${query}`, 'INVALID_ID'],
  ])('refuses %s', (_what, url, code) => {
    expect(verifySignedUrl(url, options)).toEqual({ valid: false, code })
  })

  it('honours clockTolerance, maxTtl and a list of secrets', () => {
    const late = `/stream/track1?${queryFor('track1', NOW - 5)}`
    expect(verifySignedUrl(late, { ...options, clockTolerance: 5 }).valid).toBe(true)
    const long = `/stream/track1?${queryFor('track1', NOW + 61)}`
    expect(verifySignedUrl(long, { ...options, maxTtl: 60 })).toEqual({
      valid: false,
      code: 'SIGNATURE_LIFETIME',
    })
    const old = `/stream/track1?${queryFor('track1', NOW, OLD_SECRET)}`
    expect(verifySignedUrl(old, { ...options, secret: [SECRET, OLD_SECRET] })).toMatchObject({
      grant: { keyIndex: 1 },
    })
  })

  it.each([
    ['no options', undefined, 'options must be an object, got undefined'],
    ['no secret', {}, 'secret is missing'],
    ['a negative clockTolerance', { secret: SECRET, clockTolerance: -1 }, 'clockTolerance must be a whole'],
    ['a clockTolerance of NaN', { secret: SECRET, clockTolerance: NaN }, 'clockTolerance must be a whole'],
    ['a fraction of maxTtl', { secret: SECRET, maxTtl: 0.5 }, 'maxTtl must be a whole number of seconds'],
    ['maxTtl as text', { secret: SECRET, maxTtl: '60' }, 'maxTtl must be a whole number of seconds'],
    ['a clock that is none', { secret: SECRET, now: NOW }, 'now must be a function'],
    ['a misspelt option', { secret: SECRET, maxTTL: 60 }, 'unknown option "maxTTL"'],
  ])('throws for %s, naming it', (_what, wrong, message) => {
    expect(() => verifySignedUrl('/', wrong as never)).toThrow(`Cannot make verifySignedUrl: ${message}`)
  })

  it('throws for no text, and grants none', () => {
    const texts = fc.oneof(
      anyText(),
      anyText().map(text => `/stream/${text}?${query}`),
      anyText().map(text => `/stream/track2?${query}${text}`),
      anyText().map(text => `https://audio.example/${text}`),
      fc.stringMatching(/^(?:[/?#&=%|a-z0-9:[\]-]|\.\.|expires=|sig=){0,60}$/),
    )
    fc.assert(
      fc.property(
        texts.filter(text => !text.includes('track1')),
        text => {
          expect(verifySignedUrl(text, options).valid).toBe(false)
        },
      ),
      { numRuns: 500 },
    )
  })
})

describe('createVerifier', () => {
  const url = `/stream/track1?${queryFor('track1', NOW)}`

  it('verifies one link after another as verifySignedUrl does', () => {
    const verifier = createVerifier({ secret: SECRET, now: () => NOW })
    expect(verifier.verify(url)).toEqual({
      valid: true,
      grant: { id: 'track1', expires: NOW, keyIndex: 0 },
    })
    expect(verifier.verify(new URL(url, 'https://example.com'))).toMatchObject({ valid: true })
    expect(verifier.verify(`${url}0`)).toEqual({ valid: false, code: 'SIGNATURE_MALFORMED' })
    expect(verifier.verify('/stream/a%00')).toEqual({ valid: false, code: 'INVALID_ID' })
  })

  it('looks at the clock for each link', () => {
    let now = NOW
    const verifier = createVerifier({ secret: SECRET, now: () => now })
    expect(verifier.verify(url).valid).toBe(true)
    now++
    expect(verifier.verify(url)).toEqual({ valid: false, code: 'SIGNATURE_EXPIRED' })
  })

  it('reads the secret once, and is frozen', () => {
    const secret = Buffer.from(SECRET)
    const verifier = createVerifier({ secret, now: () => NOW })
    secret.fill(0)
    expect(verifier.verify(url).valid).toBe(true)
    expect(Object.isFrozen(verifier)).toBe(true)
  })

  it('throws for a wrong option, under its own name', () => {
    expect(() => createVerifier({ secret: 'short' })).toThrow(
      'Cannot make createVerifier: secret must have at least 16 bytes, got 5',
    )
  })
})
