import { createHmac, createSecretKey } from 'node:crypto'
import { signLink } from '../../src/signing/sign-link'
import { SECRET } from '../support/tracks'

const KEY = createSecretKey(Buffer.from(SECRET))

function macOf(text: string): string {
  return createHmac('sha256', SECRET).update(text).digest('hex')
}

describe('signLink', () => {
  it('signs the id, the expiry and the terms, as Python, Go and openssl do', () => {
    const terms = 'iat.1609455600.jti.Zk3x9QwT.ses.14400.sub.u42'
    const sig = '4c103d936b9d415733a77aec16c22f3908af5b1eb867bbd8d61deeb14d98e078'
    expect(signLink(KEY, 'track1', 1_609_459_200, terms)).toEqual({
      sig,
      query: `expires=1609459200&terms=${terms}&sig=${sig}`,
    })
  })

  it('signs the id and the expiry of a link without terms', () => {
    const sig = macOf('track1|1609459200')
    expect(signLink(KEY, 'track1', 1_609_459_200, undefined)).toEqual({
      sig,
      query: `expires=1609459200&sig=${sig}`,
    })
  })

  it.each(['iat.1.id.track1.id.track2', 'iat.1.pre.tra_', 'iat.1.in.summer'])(
    'signs * in place of the id if the terms may open several tracks: %s',
    terms => {
      const id = terms.includes('pre') ? 'tra_1' : 'track1'
      expect(signLink(KEY, id, 1_609_459_200, terms).sig).toBe(macOf(`*|1609459200|${terms}`))
    },
  )

  it('percent-encodes the terms of the query, and signs them decoded', () => {
    const { sig, query } = signLink(KEY, 'track1', 1_609_459_200, 'iat.1.sub.zoé')
    expect(query).toBe(`expires=1609459200&terms=iat.1.sub.zo%C3%A9&sig=${sig}`)
    expect(sig).toBe(macOf('track1|1609459200|iat.1.sub.zoé'))
  })
})
