import fc from 'fast-check'
import { createSigner, redactLink, verifySignedUrl } from 'express-signed-stream'
import { SECRET } from '../support/tracks'

const SIG = '48b8dbc12a7422917d6016e43d021bd26f40a0cceea290481f5b9a714716719d'
const SHOWN = '48b8dbc1...'

/** Each digit as `%XX`. */
function encoded(text: string): string {
  return Array.from(text, character => `%${character.charCodeAt(0).toString(16)}`).join('')
}

/** `depth` times encoded, as a link is that stands in the query of another one. */
function nested(link: string, depth: number): string {
  return depth === 0 ? link : nested(encodeURIComponent(link), depth - 1)
}

describe('redactLink', () => {
  it.each([
    ['a path', `/stream/a?expires=1&sig=${SIG}`, `/stream/a?expires=1&sig=${SHOWN}`],
    ['a URL', `https://b.example/a?sig=${SIG}&t=3#x`, `https://b.example/a?sig=${SHOWN}&t=3#x`],
    ['a query', `sig=${SIG}&expires=1`, `sig=${SHOWN}&expires=1`],
    [
      'a line of an access log',
      `"GET /a?expires=1&sig=${SIG} HTTP/1.1" 206 "https://b.example/?sig=${SIG}"`,
      `"GET /a?expires=1&sig=${SHOWN} HTTP/1.1" 206 "https://b.example/?sig=${SHOWN}"`,
    ],
    ['fields between commas', `/a?sig=${SIG},206,1000`, `/a?sig=${SHOWN},206,1000`],
    ['HTML', `<a href="/a?expires=1&amp;sig=${SIG}">`, `<a href="/a?expires=1&amp;sig=${SHOWN}">`],
    ['JSON that escapes the ampersand', `"/a?e=1\\u0026sig=${SIG}"`, `"/a?e=1\\u0026sig=${SHOWN}"`],
    ['an encoded name', `/a?%73%69g=${SIG}`, `/a?%73%69g=${SHOWN}`],
    ['capital letters', `/a?SIG=${SIG.toUpperCase()}`, '/a?SIG=48B8DBC1...'],
    ['an encoded value, of which no digit is shown', `/a?sig=${encoded(SIG)}&t=3`, '/a?sig=...&t=3'],
    ['a list', `/a?sig[]=${SIG}&sig%5B0%5D=${SIG}`, `/a?sig[]=${SHOWN}&sig%5B0%5D=${SHOWN}`],
    ['a repeated signature', `/a?sig=${SIG}&sig=${SIG}`, `/a?sig=${SHOWN}&sig=${SHOWN}`],
    ['quotes, which a client wrote by mistake', `/a?sig="${SIG}"&t=3`, `/a?sig="${SHOWN}"&t=3`],
    ['a short value, of which less is shown', '/a?sig=12345678', '/a?sig=1...'],
    [
      'the link of a store',
      `https://b.example/a?X-Amz-Expires=60&X-Amz-Signature=${SIG}`,
      `https://b.example/a?X-Amz-Expires=60&X-Amz-Signature=${SHOWN}`,
    ],
  ])('shows the first digits of a signature at most, in %s', (_where, text, redacted) => {
    expect(redactLink(text)).toBe(redacted)
  })

  it.each([1, 2, 3])('finds a link within another one, encoded %d times', depth => {
    const text = `/login?next=${nested(`/a?expires=1&sig=${SIG}&t=3`, depth)}&lang=fr`
    expect(redactLink(text)).toBe(text.replace(SIG, SHOWN))
  })

  it.each([
    '',
    '/stream/track1',
    '/?design=1&sigs=2&my_sig=3&x-sig=4&assignature=5',
    '/?sig',
    '/?sig=&t=3',
    'sig',
    '/%E0%A4%A?%zz&%',
    '\ud800 \0 \u{1f600}',
  ])('leaves %j as it is', text => {
    expect(redactLink(text)).toBe(text)
  })

  it('takes a URL object', () => {
    expect(redactLink(new URL(`https://b.example/a?sig=${SIG}`))).toBe(`https://b.example/a?sig=${SHOWN}`)
  })

  it('gives the same when it is applied twice', () => {
    const once = redactLink(`/a?sig=${SIG}&t=3`)
    expect(redactLink(once)).toBe(once)
  })

  it('never lets a link through that works, whatever stands around it', () => {
    const signer = createSigner({ secret: SECRET, baseUrl: 'https://a.example/stream' })
    const noise = fc.array(
      fc.constantFrom(
        '&',
        '?',
        'sig',
        '=',
        '%',
        '25',
        '26',
        '3d',
        '%73',
        ' ',
        '"',
        '\\u0026',
        '[',
        ']',
        '\ud83d',
      ),
    )
    fc.assert(
      fc.property(noise, noise, (before, after) => {
        const url = signer.signUrl('track1', { expiresIn: 60 })
        const text = `${before.join('')} ${url}${after.join('')}`
        const redacted = redactLink(text)
        const found = /https:\S*/.exec(redacted)?.[0] ?? ''
        expect(verifySignedUrl(found, { secret: SECRET }).valid).toBe(false)
        expect(redacted).not.toContain(/sig=(\w{64})/.exec(url)?.[1])
      }),
    )
  })

  it('takes time in proportion to the text, whatever it is', () => {
    // A pattern that looks back at what it has read would take hours.
    for (const part of [
      '%25',
      'sig',
      'sig=',
      '%',
      'sig[',
      '%2573',
      'sig=%25',
      '%26sig%3d',
      'x-amz-signature',
    ]) {
      const text = part.repeat(200_000)
      expect(redactLink(text).length).toBeLessThanOrEqual(text.length + 3 * 200_000)
    }
  })
})
