import { createLinks, type Links, type LinksOptions, type NewLinkOptions } from 'express-signed-stream'
import { SECRET } from '../support/tracks'
import { NOW, signed, startListening, codeOf } from './listening'

function linksAt(time: number, options: Partial<LinksOptions> = {}) {
  return createLinks({ secret: SECRET, now: () => time, ...options })
}

function make(options: object, more: Partial<LinksOptions> = {}) {
  return linksAt(NOW, more).createLink('track1', { expiresIn: 60, ...options })
}

describe('createLink()', () => {
  it('gives the URL and all that is in it', () => {
    const link = make(
      { playFor: '1h', listener: 'u42', linkId: 'a' },
      { baseUrl: 'https://example.com/stream/' },
    )
    expect(link).toEqual({
      url: `https://example.com/stream${signed('track1', `iat.${NOW}.jti.a.ses.3600.sub.u42`)}`,
      expires: NOW + 60,
      playUntil: NOW + 3660,
      terms: `iat.${NOW}.jti.a.ses.3600.sub.u42`,
      sig: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
      query: signed('track1', `iat.${NOW}.jti.a.ses.3600.sub.u42`).split('?')[1],
      linkId: 'a',
    })
  })

  it.each<[object, string]>([
    [{}, `iat.${NOW}`],
    [{ notBefore: NOW + 5 }, `iat.${NOW}.nbf.${NOW + 5}`],
    [{ playFor: 90 }, `iat.${NOW}.ses.90`],
    [{ playFor: { trackLength: 213.4 } }, `iat.${NOW}.ses.2227`],
    [{ playFor: { trackLength: 90_000 } }, `iat.${NOW}.ses.86400`],
    [{ uses: 3, linkId: 'a' }, `iat.${NOW}.jti.a.uses.3`],
    [{ streams: 2 }, `iat.${NOW}.streams.2`],
    [{ downloadName: 'a b.mp3' }, `as.YSBiLm1wMw.iat.${NOW}`],
    [{ tracks: ['track1', 'b'] }, `iat.${NOW}.id.track1.id.b`],
    [{ tracks: ['b'], prefix: 'track1-', set: 'spring' }, `iat.${NOW}.id.b.in.spring.pre.track1-`],
    [{ set: 'spring' }, `iat.${NOW}.in.spring`],
    [{ network: '192.0.2.7' }, `iat.${NOW}.ip4.c0000207`],
    [{ network: '192.0.2.7/24' }, `iat.${NOW}.ip4.c00002`],
    [{ network: '2001:db8::1' }, `iat.${NOW}.ip6.20010db800000000`],
    [{ network: '2001:db8::1/128' }, `iat.${NOW}.ip6.20010db800000000`],
    [{ network: ['192.0.2.7', '2001:db8:1::/48'] }, `iat.${NOW}.ip4.c0000207.ip6.20010db80001`],
    [{ network: '::ffff:192.0.2.7' }, `iat.${NOW}.ip4.c0000207`],
  ])('writes %j as terms', (options, terms) => {
    expect(make(options).terms).toBe(terms)
  })

  it.each<[object, string]>([
    [{ expiresIn: 0 }, 'expiresIn must be a whole number of seconds, 1 or more, got 0'],
    [{ expiresIn: '1 fortnight' }, 'expiresIn must be a duration such as "1h" or "90m", got "1 fortnight"'],
    [{ expiresAt: NOW + 9 }, 'give exactly one of expiresIn and expiresAt'],
    [{ listener: 'a b' }, 'listener must be 1 to 64 characters of a track id, got "a b"'],
    [{ listener: {} }, 'listener must be 1 to 64 characters of a track id, got a value of type object'],
    [{ linkId: 'ü' }, 'linkId must be 1 to 32 of'],
    [{ uses: 0, linkId: 'a' }, 'uses must be a whole number, 1 to 9999, got 0'],
    [{ streams: 100 }, 'streams must be a whole number, 1 to 99, got 100'],
    [{ playFor: 86_401 }, 'playFor must be a number of seconds up to 86400'],
    [{ playFor: { trackLength: 'long' } }, 'playFor must be a number of seconds up to 86400'],
    [{ playFor: 'long' }, 'playFor must be a number of seconds up to 86400'],
    [{ downloadName: 'a/b.mp3' }, 'downloadName must be a file name of at most 200 bytes'],
    [{ downloadName: 'a'.repeat(201) }, 'downloadName must be a file name of at most 200 bytes'],
    [{ tracks: [] }, 'tracks must be 1 to 40 track ids'],
    [{ tracks: 'track1' }, 'tracks must be 1 to 40 track ids'],
    [{ tracks: Array.from({ length: 41 }, (_, index) => `t${index}`) }, 'tracks must be 1 to 40 track ids'],
    [{ tracks: ['b'] }, 'tracks must open the track of the URL, "track1"'],
    [{ prefix: 'b-' }, 'prefix must open the track of the URL, "track1"'],
    [{ prefix: 'track1' }, 'prefix must be the beginning of a track id'],
    [{ network: '192.0.2.7/16' }, 'network must be an address or a network of whole bytes'],
    [{ network: 'example.com' }, 'network must be an address or a network of whole bytes'],
    [{ network: ['192.0.2.7', '192.0.2.8'] }, 'network must be an address or a network of whole bytes'],
    [{ network: [] }, 'network must be an address or a network of whole bytes'],
    [{ notBefore: NOW + 61 }, 'notBefore is after the expiry'],
    [{ notBefore: 1.5 }, 'notBefore must be seconds since the epoch, got 1.5'],
    [{ keyId: 'b' }, 'keyId names none of the secrets'],
    [{ extension: 'exe' }, 'extension must be one of'],
    [{ stableFor: 0 }, 'stableFor must be a whole number of seconds, 1 or more, got 0'],
    [{ stableFor: 60, uses: 1 }, 'uses needs a linkId if the URL is to be stable'],
    [{ user: 'u42' }, 'unknown option "user", known are linkId, listener, notBefore'],
    [
      { tracks: Array.from({ length: 30 }, (_, index) => `${'t'.repeat(20)}${index}`).concat('track1') },
      'terms have more than 512 characters',
    ],
  ])('refuses %j', (options, problem) => {
    expect(() => make(options)).toThrow(`Cannot sign: ${problem}`)
  })

  it('refuses a link that lives longer than the server allows', () => {
    expect(make({}, { maxTtl: 60 }).expires).toBe(NOW + 60)
    expect(() => make({ expiresIn: 61 }, { maxTtl: 60 })).toThrow(
      'Cannot sign: expiresIn must be at most 60 seconds after signing, which is maxTtl',
    )
  })

  it.each([
    [360, 60],
    [361, 60],
    [362, 60],
    [359, 60],
    [6, 360],
    [1, 60],
    [2, 60],
    [60, 60],
    [90, 1],
  ])(
    'makes no link of %d seconds that is stable for %d, at whatever second, unless maxTtl allows all of them',
    async (expiresIn, stableFor) => {
      const longest = neededTtl(expiresIn, stableFor)
      let second = Math.ceil(NOW / stableFor) * stableFor
      const end = second + stableFor
      const [long, short] = [longest, longest - 1].map(maxTtl =>
        createLinks({ secret: SECRET, now: () => second, maxTtl }),
      ) as [Links, Links]
      let longestMade = 0
      for (; second < end; second++) {
        const { url, expires, terms } = long.createLink('track1', { expiresIn, stableFor })
        longestMade = Math.max(longestMade, expires - Number(terms.replace('iat.', '')))
        expect(await long.verify(url)).toMatchObject({ valid: true })
        expect(() => short.createLink('track1', { expiresIn, stableFor })).toThrow(
          `Cannot sign: stableFor of ${stableFor} seconds makes links that live up to ${longest} seconds, and maxTtl allows ${longest - 1}`,
        )
      }
      expect(longestMade).toBe(longest)
      expect(longest).toBeLessThanOrEqual(expiresIn + 2 * stableFor)
    },
  )

  /** What the error says that `maxTtl` has to be. */
  function neededTtl(expiresIn: number, stableFor: number): number {
    try {
      linksAt(NOW, { maxTtl: 0 }).createLink('track1', { expiresIn, stableFor })
    } catch (error) {
      return Number(/up to (\d+) seconds/.exec(String(error))?.[1])
    }
    throw new Error('There is no error')
  }

  it('counts a stable link with expiresAt from the time of signing that it says', () => {
    const begin = Math.ceil(NOW / 600) * 600
    const options = { expiresAt: begin + 900, stableFor: 600 }
    expect(linksAt(begin + 1, { maxTtl: 1200 }).createLink('track1', options).expires).toBe(begin + 1200)
    expect(() => linksAt(begin + 1, { maxTtl: 1199 }).createLink('track1', options)).toThrow(
      'Cannot sign: expiresAt must be at most 1199 seconds after signing, which is maxTtl, with stableFor',
    )
    expect(() => linksAt(begin - 1, { maxTtl: 1200 }).createLink('track1', options)).toThrow('maxTtl')
  })

  it('needs an expiry, whatever a program in JavaScript leaves out', () => {
    expect(() => linksAt(NOW).createLink('track1', undefined as unknown as NewLinkOptions)).toThrow(
      'Cannot sign: give exactly one of expiresIn and expiresAt',
    )
  })

  it('names a link whose uses are counted', () => {
    const [one, other] = [make({ uses: 1 }), make({ uses: 1 })]
    expect(one.linkId).toMatch(/^[\w-]{12}$/)
    expect(one.linkId).not.toBe(other.linkId)
  })

  it('gives the same URL for as long as a page wants', () => {
    const options = { expiresIn: '1h', stableFor: '10m', listener: 'u42' } as const
    const begin = Math.floor(NOW / 600) * 600
    const urls = [0, 1, 598, 600].map(after => linksAt(begin + after + 1).signUrl('track1', options))
    expect(urls.slice(1, 3)).toEqual([urls[0], urls[0]])
    expect(urls[3]).not.toBe(urls[0])
  })

  it('signs with the secret that is named', async () => {
    const secret = [
      { keyId: 'new', secret: SECRET },
      { keyId: 'old', secret: `${SECRET}old` },
    ]
    await using listening = await startListening({ secret })
    const [first, old] = [undefined, 'old'].map(keyId =>
      listening.links.createLink('track1', { expiresIn: 60, keyId }),
    )
    expect([first?.terms, old?.terms]).toEqual([`iat.${NOW}.kid.new`, `iat.${NOW}.kid.old`])
    expect(await codeOf(listening, old?.url ?? '')).toBe('200')
    await listening.links.revoke({ keyId: 'old' })
    expect(await codeOf(listening, old?.url ?? '')).toBe('LINK_REVOKED')
    expect(await codeOf(listening, first?.url ?? '')).toBe('200')
  })

  it('takes back what was signed in the second of an earlier revocation', async () => {
    await using listening = await startListening()
    const { links } = listening
    for (let turn = 0; turn < 3; turn++) {
      const link = links.signUrl('track1', { expiresIn: 60, listener: 'u42' })
      expect(await codeOf(listening, link)).toBe('200')
      await links.revoke(turn === 1 ? { track: 'track1' } : { listener: 'u42' })
      expect(await codeOf(listening, link)).toBe('LINK_REVOKED')
    }
  })
})

describe('urlFor() of a link', () => {
  const BASE = { baseUrl: 'https://example.com/stream' }

  it('gives the URL of each track that the link opens', async () => {
    await using listening = await startListening()
    const album = listening.links.createLink('album1-a', { expiresIn: 60, prefix: 'album1-' })
    expect(album.urlFor('album1-a')).toBe(album.url)
    expect(await codeOf(listening, album.urlFor('album1-b'))).toBe('200')
  })

  it.each<[object, string]>([
    [{ tracks: ['track1', 'é'] }, 'é'],
    [{ prefix: 'track1-', tracks: ['track1'] }, 'track1-2'],
    [{ set: 'spring' }, 'any'],
  ])('knows what %j opens', (options, id) => {
    const { urlFor, query } = make(options, BASE)
    expect(urlFor(id)).toBe(`https://example.com/stream/${encodeURIComponent(id)}?${query}`)
  })

  it.each<[object, string]>([
    [{}, 'track2'],
    [{ tracks: ['track1', 'track3'] }, 'track2'],
    [{ prefix: 'track1-', tracks: ['track1'] }, 'track12'],
  ])('throws for what %j does not open', (options, id) => {
    expect(() => make(options, BASE).urlFor(id)).toThrow(
      new RangeError(`Cannot sign: the link does not open "${id}"; name it by tracks, prefix or set`),
    )
  })

  it('gives the URL of the one track of any other link', () => {
    const { urlFor, url } = make({}, BASE)
    expect(urlFor('track1')).toBe(url)
  })

  it('throws for what is no id', () => {
    expect(() => make({ set: 'spring' }).urlFor('a/b')).toThrow('Cannot sign: id must be')
  })

  it('writes the extension of the link, or another', () => {
    const { urlFor } = make({ extension: 'mp3', tracks: ['track1', 'b'] }, BASE)
    expect(urlFor('b')).toMatch(/^https:\/\/example\.com\/stream\/b\.mp3\?/)
    expect(urlFor('b', { extension: 'flac' })).toMatch(/\/b\.flac\?/)
    expect(() => urlFor('b', { extension: 'exe' as never })).toThrow('extension must be one of')
  })

  it('is not in the data of the link', () => {
    const link = make({})
    expect(Object.keys(link)).not.toContain('urlFor')
    expect(JSON.parse(JSON.stringify(link))).toEqual(structuredClone(link))
  })
})

describe('describe() and verify()', () => {
  const links = linksAt(NOW)
  const url = links.signUrl('track1', { expiresIn: 60, network: '192.0.2.0/24', playFor: 60, linkId: 'a' })

  it('say what a link says, even if it has expired', async () => {
    expect(links.describe(url)).toEqual({
      id: 'track1',
      expires: NOW + 60,
      keyIndex: 0,
      signedAt: NOW,
      linkId: 'a',
      playFor: 60,
      network: { ip4: 'c00002' },
      name: 'a',
      playUntil: NOW + 120,
      hasExpired: false,
      isRevoked: false,
    })
    const later = linksAt(NOW + 200)
    await later.revoke({ linkId: 'a' })
    expect(later.describe(url)).toMatchObject({ hasExpired: true, isRevoked: true })
  })

  it.each(['', '/track1', 'not a url', '/track1?expires=1&sig=2'])('know nothing of %j', async other => {
    expect(links.describe(other)).toBeUndefined()
    expect(await links.verify(other)).toMatchObject({ valid: false })
  })

  it('check the address, if it is known', async () => {
    expect(await links.verify(url, { address: '192.0.2.9' })).toMatchObject({
      valid: true,
      grant: { id: 'track1' },
    })
    expect(await links.verify(url, { address: '192.0.3.9' })).toEqual({
      valid: false,
      code: 'NETWORK_NOT_ALLOWED',
    })
    expect(await links.verify(url)).toEqual({ valid: false, code: 'NETWORK_NOT_ALLOWED' })
    expect(await linksAt(NOW + 61).verify(url, { address: '192.0.2.9' })).toEqual({
      valid: false,
      code: 'SIGNATURE_EXPIRED',
    })
  })
})
