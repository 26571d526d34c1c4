import { readLink } from '../../src/client/link.ts'

const NOW = 1_700_000_000
const signing = {
  askedAt: NOW * 1000,
  now: NOW * 1000,
  leeway: 30,
  baseUrl: 'https://app.example/a/b',
  random: () => 0,
}

/** Seconds from now until it renews. */
function renewsIn(result: unknown, changes: Partial<typeof signing> = {}): number | undefined {
  const { toBegin } = readLink(result, { ...signing, ...changes })
  return toBegin && toBegin.renewAt / 1000 - NOW
}

/** Seconds from now until it renews for a listener who has begun, and until which that one may continue. */
function continues(
  result: unknown,
  changes: Partial<typeof signing> = {},
): readonly [number, number] | undefined {
  const { toContinue } = readLink(result, { ...signing, ...changes })
  return toContinue && [toContinue.renewAt / 1000 - NOW, toContinue.endsAt / 1000 - NOW]
}

describe('a link', () => {
  it('may be a url or an object with one, absolute or relative to the page', () => {
    const link = { url: 'https://app.example/stream/track1?expires=1700003600&sig=0', expires: 1_700_003_600 }
    expect(readLink('/stream/track1?expires=1700003600&sig=0', signing)).toMatchObject(link)
    expect(readLink({ url: '../stream/track1?expires=1700003600&sig=0' }, signing)).toMatchObject(link)
  })

  it.each([
    ['the url', { url: `/s?expires=${NOW + 3600}` }, 3570],
    ['the expires that sign gives, rather than the url', { url: '/s?expires=1', expires: NOW + 600 }, 570],
    ['the expiresIn that sign gives, rather than any clock', { url: '/s?expires=1', expiresIn: 600 }, 570],
    ['half of a life that is short', { url: `/s?expires=${NOW + 10}` }, 5],
    ['nothing', { url: '/s' }, undefined],
    ['nothing, if expires is not a number', { url: '/s?expires=soon' }, undefined],
    ['nothing, if a new link has expired by this clock', { url: `/s?expires=${NOW - 60}` }, undefined],
    ['nothing, if sign gives null', { url: '/s', expires: null }, undefined],
    ['a second at least, of links that are all but over', { url: `/s?expires=${NOW + 1}` }, 1],
  ])('is due by %s', (_by, result, seconds) => {
    expect(renewsIn(result)).toBe(seconds)
  })

  it.each([
    ['as long as it lives', { url: `/s?expires=${NOW + 300}` }, [270, 300]],
    ['until playUntil', { url: `/s?expires=${NOW + 300}`, playUntil: NOW + 3600 }, [3570, 3600]],
    ['not less than it lives', { url: `/s?expires=${NOW + 300}`, playUntil: NOW + 60 }, [270, 300]],
    [
      'as long as it lives, if playUntil is null',
      { url: `/s?expires=${NOW + 300}`, playUntil: null },
      [270, 300],
    ],
    [
      'half of what is left, if that is short',
      { url: `/s?expires=${NOW + 10}`, playUntil: NOW + 40 },
      [20, 40],
    ],
    ['until playUntil, if its expiry is unknown', { url: '/s', playUntil: NOW + 3600 }, [3570, 3600]],
    [
      'until playUntil, if it has expired by this clock',
      { url: `/s?expires=${NOW - 1}`, playUntil: NOW + 3600 },
      [3570, 3600],
    ],
  ])('lets who has begun continue %s', (_how, result, expected) => {
    expect(continues(result)).toEqual(expected)
    const { playUntil } = result as { readonly playUntil?: number | null }
    if (playUntil === NOW + 3600) expect(renewsIn(result) ?? 0).toBeLessThanOrEqual(270)
  })

  it('lets who has begun continue by expiresIn and the time between, whatever the clocks', () => {
    const expires = NOW + 10_000
    const result = { url: `/s?expires=${expires}`, expiresIn: 300, playUntil: expires + 3600 }
    expect(continues(result, { askedAt: (NOW - 10) * 1000 })).toEqual([3860, 3890])
  })

  it('lives from the call of sign', () => {
    expect(renewsIn({ url: '/s', expiresIn: 600 }, { askedAt: (NOW - 10) * 1000 })).toBe(560)
  })

  it('is due at its expiry without leeway', () => {
    expect(renewsIn({ url: '/s', expiresIn: 600 }, { leeway: 0 })).toBe(600)
  })

  it.each([[undefined], [null], [{}], [{ error: 'Not signed in' }], [42], ['https://:0/'], [{ url: 1 }]])(
    'is not %p',
    result => {
      expect(() => readLink(result, signing)).toThrow(
        'Cannot play: sign must give a url, or { url, expires }',
      )
    },
  )

  it.each([
    [
      { url: '/s', expires: (NOW + 60) * 1000 },
      RangeError,
      'expires that sign gave is too large for seconds',
    ],
    [
      { url: '/s', playUntil: (NOW + 60) * 1000 },
      RangeError,
      'playUntil that sign gave is too large for seconds',
    ],
    [{ url: '/s', expires: '1h' }, TypeError, 'expires that sign gave must be seconds, got "1h"'],
    [{ url: '/s', expiresIn: -1 }, TypeError, 'expiresIn that sign gave must be seconds, got -1'],
    [{ url: '/s', expiresIn: NaN }, TypeError, 'expiresIn that sign gave must be seconds'],
  ])('is refused with %p', (result, kind, message) => {
    expect(() => readLink(result, signing)).toThrow(kind)
    expect(() => readLink(result, signing)).toThrow(message)
  })
})
