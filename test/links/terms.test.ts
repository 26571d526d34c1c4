import { createSigner } from 'express-signed-stream'
import { SECRET } from '../support/tracks'
import { codeOf, NOW, signed, startListening, type Listening } from './listening'

describe('a link with terms', () => {
  let listening: Listening
  beforeAll(async () => {
    listening = await startListening({ maxTtl: 3600 })
  })
  afterAll(async () => {
    await listening[Symbol.asyncDispose]()
  })

  it('opens its track if another program signed it', async () => {
    const { status, body } = await listening.get(signed('track1', `iat.${NOW}.jti.Zk3x9QwT.ses.60.sub.u42`))
    expect([status, body.length]).toEqual([200, 300_000])
  })

  it('leaves links without terms as they were', async () => {
    const signer = createSigner({ secret: SECRET, baseUrl: '', now: () => NOW })
    expect(signer.signUrl('track1', { expiresIn: 60 })).toMatch(
      /^\/track1\?expires=1800000060&sig=[0-9a-f]{64}$/,
    )
    expect(await codeOf(listening, signer.signUrl('track1', { expiresIn: 60 }))).toBe('200')
  })

  const link = signed('track1', `iat.${NOW}.sub.u42`)
  const terms = `terms=iat.${NOW}.sub.u42`
  it.each([
    ['without its terms', link.replace(`${terms}&`, ''), 'SIGNATURE_INVALID'],
    ['with other terms', link.replace('u42', 'u43'), 'SIGNATURE_INVALID'],
    ['with empty terms', link.replace(terms, 'terms='), 'SIGNATURE_MALFORMED'],
    ['with its terms twice', `${link}&${terms}`, 'SIGNATURE_MALFORMED'],
    [
      'with terms that a query parser makes a list of',
      link.replace('terms=', 'terms[]='),
      'SIGNATURE_MALFORMED',
    ],
    ['with the terms of another link', link.replace(terms, `terms=iat.${NOW}`), 'SIGNATURE_INVALID'],
    ['with a name that nobody knows', signed('track1', 'clip.0-5'), 'TERM_UNKNOWN'],
    [
      'with a name that nobody knows, and a wrong signature',
      `${signed('track1', 'clip.0-5').slice(0, -1)}x`,
      'SIGNATURE_MALFORMED',
    ],
    ['with unsorted names', signed('track1', `sub.u42.iat.${NOW}`), 'SIGNATURE_MALFORMED'],
    ['with uses but no name', signed('track1', 'uses.2'), 'SIGNATURE_MALFORMED'],
    ['that is not valid yet', signed('track1', `nbf.${NOW + 5}`), 'SIGNATURE_NOT_YET_VALID'],
    ['signed by a clock that is far ahead', signed('track1', `iat.${NOW + 61}`), 'SIGNATURE_NOT_YET_VALID'],
    ['signed by a clock that is a little ahead', signed('track1', `iat.${NOW + 60}`), '200'],
    ['that has expired', signed('track1', `iat.${NOW - 9}`, NOW - 1), 'SIGNATURE_EXPIRED'],
    [
      'that lived too long before it was used',
      signed('track1', `iat.${NOW - 3600}`, NOW + 60),
      'SIGNATURE_LIFETIME',
    ],
  ])('%s is answered with what is wrong', async (_what, url, code) => {
    expect(await codeOf(listening, url)).toBe(code)
  })

  it.each([
    ['each track of its list', `id.track1.id.album1-a`, ['200', '200', 'SIGNATURE_INVALID']],
    ['each track with its prefix', `pre.album1-`, ['SIGNATURE_INVALID', '200', '200']],
  ])('opens %s', async (_what, text, codes) => {
    const query = signed('track1', text, NOW + 60, '*').split('?')[1] ?? ''
    const answers = ['track1', 'album1-a', 'album1-b'].map(id => codeOf(listening, `/${id}?${query}`))
    expect(await Promise.all(answers)).toEqual(codes)
  })

  it('that opens several tracks is not signed over one of them', async () => {
    expect(await codeOf(listening, signed('track1', 'id.track1'))).toBe('SIGNATURE_INVALID')
    expect(await codeOf(listening, signed('track1', `iat.${NOW}`, NOW + 60, '*'))).toBe('SIGNATURE_INVALID')
    expect(await codeOf(listening, signed('*', `iat.${NOW}`))).toBe('INVALID_ID')
  })

  it.each([
    ['the network of the client', 'ip4.7f0000', '200'],
    ['its whole address', 'ip4.7f000001', '200'],
    ['another address', 'ip4.7f000002', 'NETWORK_NOT_ALLOWED'],
    ['a network of IPv6 alone', 'ip6.20010db80000', 'NETWORK_NOT_ALLOWED'],
    ['both families, one of which fits', 'ip4.7f0000.ip6.20010db80000', '200'],
  ])('that names %s is answered by that', async (_what, text, code) => {
    expect(await codeOf(listening, signed('track1', text), 1)).toBe(code)
  })

  it('saves under its name, and is not kept by a shared cache', async () => {
    const { headers } = await listening.get(
      signed('track1', `as.${Buffer.from('Größe.mp3').toString('base64url')}`),
    )
    expect(headers['content-disposition']).toBe(
      `attachment; filename="Gro_e.mp3"; filename*=UTF-8''Gr%C3%B6%C3%9Fe.mp3`,
    )
    expect(headers['cache-control']).toBe('private, no-transform, max-age=60')
  })
})

describe('a link to a set', () => {
  it.each<[string, (set: string, id: string) => unknown, string]>([
    ['opens what the app says', (set, id) => set === 'spring' && id === 'track1', '200'],
    ['opens what the app says later', () => Promise.resolve(true), '200'],
    ['opens nothing else', () => false, 'SIGNATURE_INVALID'],
    ['takes no other value for a yes', () => 1, 'SIGNATURE_INVALID'],
    [
      'is 503 if the app throws',
      () => {
        throw new Error('down')
      },
      'SOURCE_UNAVAILABLE',
    ],
    [
      'is 503 if the promise of the app rejects',
      () => Promise.reject(new Error('down')),
      'SOURCE_UNAVAILABLE',
    ],
  ])('%s', async (_what, sets, code) => {
    await using listening = await startListening({ sets: sets as (set: string, id: string) => boolean })
    expect(await codeOf(listening, signed('track1', 'in.spring', NOW + 60, '*'))).toBe(code)
  })

  it('opens nothing if the app does not say', async () => {
    await using listening = await startListening()
    expect(await codeOf(listening, signed('track1', 'in.spring', NOW + 60, '*'))).toBe('SIGNATURE_INVALID')
  })
})

describe('an enforcement on trial', () => {
  it('serves who is elsewhere', async () => {
    await using listening = await startListening({ enforce: { network: 'report' } })
    expect(await codeOf(listening, signed('track1', 'ip4.01020304'))).toBe('200')
  })
})
