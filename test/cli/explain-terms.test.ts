/** What `explain` and `verify` report of links with terms, which are signed by hand. */
import type { FindingKind } from '../../src/cli/explain/finding'
import { SECRET } from '../support/tracks'
import { linkTo, macOf, NOW, OTHER_SECRET, run } from './support'

const EXPIRES = NOW + 300
const ALL = `as.${base64url('Été.mp3')}.iat.${NOW - 180}.ip4.c00002.ip6.20010db8000001.jti.Zk3x9QwT.kid.a.nbf.${NOW - 60}.ses.14400.streams.1.sub.u42.uses.2`

function base64url(text: string): string {
  return Buffer.from(text).toString('base64url')
}

interface Parts {
  readonly id?: string
  readonly expires?: number
  /** What was signed; by default what a signer should sign. */
  readonly signed?: string
  readonly secret?: string
}

/** A link with terms as another signer makes it, correct or not. */
function linkWith(
  terms: string,
  { id = 'track1', expires = EXPIRES, signed, secret = SECRET }: Parts = {},
): string {
  const subject = /(?:^|\.)(?:id|pre|in)\./.test(terms) ? '*' : id
  const sig = macOf(signed ?? `${subject}|${expires}|${terms}`, secret)
  return `/stream/${encodeURIComponent(id)}?expires=${expires}&terms=${encodeURIComponent(terms)}&sig=${sig}`
}

interface Fields {
  readonly valid: boolean
  readonly code: string
  readonly findings: readonly { readonly kind: FindingKind; readonly text: string }[]
}

async function explain(link: string, args: readonly string[] = []) {
  const { exitCode, stdout } = await run(['explain', '--json', ...args, '--', link])
  const { valid, code, findings } = JSON.parse(stdout) as Fields
  expect(exitCode).toBe(valid ? 0 : 1)
  return {
    code,
    kinds: findings.map(({ kind }) => kind),
    texts: findings.map(({ text }) => text),
    text: findings.map(({ text }) => text).join('\n'),
  }
}

describe('explain says in words', () => {
  it('all that a link allows', async () => {
    expect(await run(['explain', linkWith(ALL), '--from', '192.0.2.200'])).toEqual({
      exitCode: 0,
      stdout: [
        'Valid',
        '- The signature is correct: "track1", signed with SECRET_KEY',
        '- The link opens "track1" for "u42"; may be begun from 2026-11-22T11:59:00Z until 2026-11-22T12:05:00Z, ' +
          'played on until 2026-11-22T16:05:00Z, by 2 listeners, with at most 1 stream of "u42" at a time, ' +
          'from 192.0.2.* or 2001:db8:0:100::/56, saved as "Été.mp3"',
        '- The link "Zk3x9QwT" was signed at 2026-11-22T11:57:00Z, 3 minutes ago, with the secret named "a"',
        '- The link is valid until 2026-11-22T12:05:00Z, in 5 minutes',
        '',
      ].join('\n'),
      stderr: '',
    })
  })

  it.each([
    ['one track', 'iat.1', 'The link opens "track1"; may be begun until 2026-11-22T12:05:00Z'],
    ['one listener at a time', 'iat.1.streams.1', 'by at most 1 listener at a time'],
    ['two tracks', 'iat.1.id.track2.id.track1', 'The link opens "track2" and "track1"; may be begun'],
    [
      'seven tracks',
      `iat.1.${[1, 2, 3, 4, 5, 6, 7].map(each => `id.track${each}`).join('.')}`,
      'The link opens "track1", "track2", "track3", "track4", "track5" and 2 other tracks;',
    ],
    ['a prefix', 'iat.1.pre.tr-', 'The link opens all tracks whose id begins with "tr-";'],
    ['a set', 'iat.1.in.summer', 'The link opens the tracks of the set "summer";'],
    [
      'a track and a prefix',
      'iat.1.id.x.pre.tr-',
      'The link opens "x", and all tracks whose id begins with "tr-";',
    ],
    ['one address', 'iat.1.ip4.c0000207', 'from 192.0.2.7'],
    ['an IPv6 network', 'iat.1.ip6.20010db80000', 'from 2001:db8::/48'],
  ])('%s', async (_name, terms, words) => {
    const { code, text } = await explain(linkWith(terms, { id: terms.includes('.pre.') ? 'tr-1' : 'track1' }))
    expect(code).toBe('VALID')
    expect(text).toContain(words)
  })

  it('what it did not check', async () => {
    const network = await explain(linkWith('iat.1.ip4.c00002'))
    expect(network.kinds).toEqual(['key', 'allows', 'signed', 'good-until', 'unchecked'])
    expect(network.text).toContain('give --from with an address, such as one in 192.0.2.*')
    const set = await explain(linkWith('iat.1.in.summer'))
    expect(set.texts.at(-1)).toBe('Whether the set "summer" has "track1" was not checked: only the app knows')
  })
})

describe('explain says which single change makes a refused link valid:', () => {
  const ALBUM = 'iat.1.id.a.id.b'
  const ELSEWHERE = ['--from', '198.51.100.9']

  it.each<[string, string, Parts, readonly string[], string, readonly string[]]>([
    [
      'an earlier time',
      ALL,
      { expires: NOW - 60 },
      [],
      'SIGNATURE_EXPIRED',
      [
        'The link expired at 2026-11-22T11:59:00Z, 1 minute ago',
        'A listener who began before that may play on until 2026-11-22T15:59:00Z, in 4 hours',
        'One change makes it valid: another time, from 2026-11-22T11:59:00Z until 2026-11-22T11:59:00Z',
      ],
    ],
    [
      'a later time',
      `iat.1.nbf.${NOW + 120}`,
      {},
      [],
      'SIGNATURE_NOT_YET_VALID',
      [
        'The link is not valid before 2026-11-22T12:02:00Z, in 2 minutes',
        'One change makes it valid: another time, from 2026-11-22T12:02:00Z until 2026-11-22T12:05:00Z',
      ],
    ],
    [
      'a clock that is not ahead',
      `iat.${NOW + 120}`,
      {},
      [],
      'SIGNATURE_NOT_YET_VALID',
      ['signed at 2026-11-22T12:02:00Z, in 2 minutes: the clock of the signer is ahead'],
    ],
    [
      'a time of signing in seconds',
      `iat.${NOW}000`,
      {},
      [],
      'SIGNATURE_NOT_YET_VALID',
      ['are these milliseconds? Sign seconds'],
    ],
    [
      'another network',
      'iat.1.ip4.c00002',
      {},
      ELSEWHERE,
      'NETWORK_NOT_ALLOWED',
      [
        'The link is for clients in 192.0.2.*, not for 198.51.100.9',
        'One change makes it valid: another network, 192.0.2.*',
      ],
    ],
    [
      'another track',
      ALBUM,
      { id: 'c' },
      [],
      'SIGNATURE_INVALID',
      [
        'The link does not open "c": it opens "a" and "b"',
        'One change makes it valid: the path of another track, such as "a"',
      ],
    ],
    [
      'another track of a prefix',
      'iat.1.pre.album1-',
      { id: 'album10-x' },
      [],
      'SIGNATURE_INVALID',
      ['One change makes it valid: the path of a track whose id begins with "album1-"'],
    ],
    [
      'another maxTtl',
      `iat.${NOW - 3600}`,
      {},
      ['--max-ttl', '30m'],
      'SIGNATURE_LIFETIME',
      [
        'The link was signed for 1 hour, longer than maxTtl allows: 30 minutes',
        'One change makes it valid: a server with maxTtl 3900 or more',
      ],
    ],
    [
      'no term that is unknown',
      'iat.1.zzz.1',
      {},
      [],
      'TERM_UNKNOWN',
      ['does not know the term "zzz"', 'update the server, or sign without it'],
    ],
    [
      'none, if two are needed',
      'iat.1.ip4.c00002',
      { expires: NOW - 60 },
      ELSEWHERE,
      'SIGNATURE_EXPIRED',
      [
        'The link expired at 2026-11-22T11:59:00Z, 1 minute ago',
        'The link is for clients in 192.0.2.*, not for 198.51.100.9',
        'No single change makes it valid',
      ],
    ],
  ])('%s', async (_name, terms, parts, args, code, words) => {
    const link = linkWith(terms, parts)
    const explanation = await explain(link, args)
    expect(explanation.code).toBe(code)
    for (const each of words) expect(explanation.text).toContain(each)
    expect((await run(['verify', ...args, link])).stdout).toBe(`${code}\n`)
  })

  it('and the change does what it says', async () => {
    const expired = linkWith('iat.1.ip4.c00002', { expires: NOW - 60 })
    expect((await explain(expired, ['--at', '2026-11-22T11:59:00Z', '--from', '192.0.2.1'])).code).toBe(
      'VALID',
    )
    const album = linkWith(ALBUM, { id: 'c' })
    expect((await explain(album.replace('/c?', '/a?'))).code).toBe('VALID')
    const early = linkWith(`iat.1.nbf.${NOW + 120}`)
    expect((await explain(early, ['--at', '2026-11-22T12:02:00Z'])).code).toBe('VALID')
    expect((await explain(early, ['--at', '2026-11-22T12:01:59Z'])).code).toBe('SIGNATURE_NOT_YET_VALID')
  })
})

describe('explain names the pair of terms that no server accepts, and why:', () => {
  it.each([
    ['sub.u42.iat.1', 'The pair "iat.1" must come before "sub": sort the pairs by their names'],
    ['iat.1.iat.1', 'The term iat occurs twice: keep one'],
    [
      'iat.1.sub',
      'A name or a value of the terms is missing, or a value has a full stop: write name.value pairs',
    ],
    [
      'iat.1.sub.a.b',
      'A name or a value of the terms is missing, or a value has a full stop, perhaps at "b"',
    ],
    ['hello', '"hello" are no terms: write name.value pairs, joined by a full stop'],
    [
      'iat.1.Sub.u42',
      'In "Sub.u42", the name must be a letter and up to 7 letters or digits in lower case: write sub',
    ],
    ['iat.01', 'In "iat.01", the value must be seconds since the epoch'],
    ['iat.1.ip4.192', 'In "ip4.192", the value must be the first 3 or 4 bytes of an IPv4 address as 6 or 8'],
    ['as.Zh.iat.1', 'In "as.Zh", the value must be the base64url (UTF-8, without padding) of a file name'],
    ['iat.1.jti.x.uses.0', 'In "uses.0", the value must be a whole number, 1 to 9999'],
    ['iat.1.pre.tr', 'In "pre.tr", the value must be the beginning of a track id'],
    ['iat.1.uses.2', 'The term uses needs the term jti, the name of the link'],
    [`iat.1.sub.${'x'.repeat(512)}`, 'The terms are longer than 512 characters'],
  ])('%s', async (terms, words) => {
    const { code, kinds, text } = await explain(linkWith(terms))
    expect(code).toBe('SIGNATURE_MALFORMED')
    expect(kinds).toEqual(['terms-malformed', 'key'])
    expect(text).toContain(words)
    expect(text).toContain('Otherwise the signature is correct: "track1"')
  })

  it('no terms at all', async () => {
    const { code, kinds } = await explain(linkTo('track1').replace('&sig', '&terms=&sig'))
    expect([code, kinds]).toEqual(['SIGNATURE_MALFORMED', ['terms-empty', 'key', 'good-until']])
  })

  it('terms that occur twice', async () => {
    const { code, kinds } = await explain(linkWith('iat.1').replace('&sig', '&terms=iat.1&sig'))
    expect(code).toBe('SIGNATURE_MALFORMED')
    expect(kinds).toEqual(['parameter-repeated', 'key', 'allows', 'signed', 'good-until'])
  })
})

describe('explain finds the mistake of a link with terms', () => {
  const TERMS = `iat.${NOW}.ses.14400.sub.u42`
  const ALBUM = 'iat.1.id.track1.id.track2'
  const head = `track1|${EXPIRES}`

  it.each<[string, string, string, FindingKind, string]>([
    ['the plain text', TERMS, head, 'terms-not-signed', 'Only the id and expires were signed'],
    ['other order', TERMS, `${head}|sub.u42.iat.${NOW}.ses.14400`, 'terms-signed-text', 'in another order'],
    [
      'one term less',
      TERMS,
      `${head}|iat.${NOW}.sub.u42`,
      'terms-added',
      'The term "ses.14400" is not signed',
    ],
    [
      'all but the first',
      TERMS,
      `${head}|ses.14400.sub.u42`,
      'terms-added',
      `The term "iat.${NOW}" is not signed`,
    ],
    [
      '* for one track',
      TERMS,
      `*|${EXPIRES}|${TERMS}`,
      'signed-text',
      'the terms open one track: sign the id',
    ],
    [
      'the id for *',
      ALBUM,
      `${head}|${ALBUM}`,
      'signed-text',
      'has the id in place of *, but the terms open several',
    ],
    [
      'another of the ids for *',
      ALBUM,
      `track2|${EXPIRES}|${ALBUM}`,
      'signed-text',
      'has "track2" in place of *',
    ],
    [
      'the id for * of a prefix',
      'iat.1.pre.tr-',
      `tr-1|${EXPIRES}|iat.1.pre.tr-`,
      'signed-text',
      'in place of *',
    ],
    [
      'the prefix for *',
      'iat.1.pre.tr-',
      `tr-|${EXPIRES}|iat.1.pre.tr-`,
      'signed-text',
      'has "tr-" in place of *',
    ],
    [
      'the set for *',
      'iat.1.in.summer',
      `summer|${EXPIRES}|iat.1.in.summer`,
      'signed-text',
      'has "summer" in place',
    ],
    ['the line break of echo', TERMS, `${head}|${TERMS}\n`, 'signed-text', 'ends with "\\n"'],
    [
      'no | before the terms',
      TERMS,
      `${head}${TERMS}`,
      'signed-text',
      'a | between the id, expires and the terms',
    ],
    ['terms before expires', TERMS, `track1|${TERMS}|${EXPIRES}`, 'signed-text', 'are in another order'],
    [
      'the link',
      TERMS,
      `track1?expires=${EXPIRES}&terms=${TERMS}`,
      'signed-text',
      'The link itself was signed',
    ],
    ['the terms alone', TERMS, TERMS, 'signed-text', 'Only the terms were signed'],
    [
      'encoded terms',
      'iat.1.sub.zoé',
      `${head}|iat.1.sub.zo%C3%A9`,
      'terms-signed-text',
      'The percent-encoded terms were signed',
    ],
    [
      'pairs as in a query',
      TERMS,
      `${head}|iat=${NOW}&ses=14400&sub=u42`,
      'terms-signed-text',
      'have "=" between name and value, and "&" between pairs',
    ],
    [
      'JSON',
      TERMS,
      `${head}|{"iat":${NOW},"ses":14400,"sub":"u42"}`,
      'terms-signed-text',
      'JSON of the terms was signed',
    ],
    [
      'milliseconds',
      TERMS,
      `track1|${EXPIRES}000|${TERMS}`,
      'expires-milliseconds',
      'milliseconds were signed',
    ],
  ])('that was signed over %s', async (_name, terms, signed, kind, words) => {
    const id = terms.includes('pre.') ? 'tr-1' : 'track1'
    const { code, kinds, text } = await explain(linkWith(terms, { id, signed }))
    expect(code).toBe('SIGNATURE_INVALID')
    expect(kinds).toContain(kind)
    expect(text).toContain(words)
    expect(kinds).toEqual(expect.arrayContaining(['key', 'good-until']))
  })

  it('whose terms were sorted after signing', async () => {
    const { kinds } = await explain(linkWith('sub.u42.iat.1', { signed: `${head}|iat.1.sub.u42` }))
    expect(kinds).toEqual(['terms-malformed', 'terms-signed-text', 'key', 'allows', 'signed', 'good-until'])
  })

  it('and another mistake beside it', async () => {
    const { kinds } = await explain(linkWith(TERMS, { signed: head, secret: `${SECRET}\n` }))
    expect(kinds).toEqual(['secret-differs', 'terms-not-signed', 'key', 'good-until'])
  })

  it.each<[string, (link: string) => string, FindingKind]>([
    ['whose & are escaped', link => link.replaceAll('&', '&amp;'), 'html-escaped'],
    ['whose & are semicolons', link => link.replaceAll('&', ';'), 'separator'],
    ['whose = are quoted-printable', link => link.replaceAll('=', '=3D'), 'quoted-printable'],
    ['whose & are encoded', link => link.replace('&terms=', '%26terms%3D'), 'percent-encoded'],
    ['with another name of the parameter', link => link.replace('&terms=', '&policy='), 'parameter-name'],
    ['with brackets', link => link.replace('&terms=', '&terms[]='), 'parameter-bracketed'],
    [
      'whose terms are encoded twice',
      link => link.replace('zo%C3', 'zo%25C3').replace('%A9', '%25A9'),
      'terms-signed-text',
    ],
    ['whose terms are in upper case', link => link.replace('iat.', 'IAT.'), 'terms-signed-text'],
    [
      'whose terms are parameters of their own',
      link => link.replace(/terms=iat\.1\.sub\.([^&]*)/, 'sub=$1&iat=1'),
      'terms-parameters',
    ],
  ])('%s', async (_name, damage, kind) => {
    const link = linkWith('iat.1.sub.zoé')
    const { code, kinds, text } = await explain(damage(link))
    expect(code).not.toBe('VALID')
    expect(kinds).toContain(kind)
    expect(kinds.at(-1)).toBe('good-until')
    expect(text).toContain('The link opens "track1" for "zoé"')
  })

  it.each<[string, string]>([
    ['whose terms were removed', linkWith(TERMS).replace(/&terms=[^&]*/, '')],
    ['whose listener was changed', linkWith(TERMS).replace('u42', 'u43')],
    ['of another secret', linkWith(TERMS, { secret: OTHER_SECRET })],
  ])('or none, %s', async (_name, link) => {
    const { code, texts } = await explain(link)
    expect(code).toBe('SIGNATURE_INVALID')
    expect(texts).toEqual([expect.stringContaining('or the id, expires or the terms were changed')])
  })

  it('beside parameters of the app with the names of terms', async () => {
    const { code, kinds } = await explain(`${linkTo('track1')}&sub=x&id=2&policy=strict&claims=no.1`)
    expect([code, kinds]).toEqual(['VALID', ['key', 'good-until']])
    const broken = await explain(`${linkTo('track1').replace('track1', 'TRACK1')}&sub=x&policy=strict`)
    expect(broken.kinds).toEqual(['id-case', 'key', 'good-until'])
  })

  it('without a signature in its words', async () => {
    const sig = macOf(head)
    for (const terms of [`iat.1.sub.${sig}`, `iat.1.jti.${sig.slice(0, 32)}`, sig, `${sig}.1`]) {
      for (const link of [linkWith(terms), linkWith(terms, { signed: 'x' })]) {
        const { stdout } = await run(['explain', link])
        expect(stdout).not.toContain(sig.slice(0, 16))
      }
    }
  })
})

describe('verify', () => {
  it.each([
    ['192.0.2.7', 'VALID'],
    ['::ffff:192.0.2.7', 'VALID'],
    ['2001:db8:0:1ff::7', 'VALID'],
    ['192.0.3.7', 'NETWORK_NOT_ALLOWED'],
    ['2001:db8:0:2ff::7', 'NETWORK_NOT_ALLOWED'],
  ])('checks the network of a client at %s', async (address, code) => {
    expect(await run(['verify', linkWith(ALL), '--from', address])).toEqual({
      exitCode: code === 'VALID' ? 0 : 1,
      stdout: `${code}\n`,
      stderr: '',
    })
  })

  it('warns that it did not check a network or a set', async () => {
    expect(await run(['verify', linkWith('iat.1.ip4.c00002')])).toEqual({
      exitCode: 0,
      stdout: 'VALID\n',
      stderr: 'express-signed-stream: The network of the client was not checked: give --from\n',
    })
    expect((await run(['verify', linkWith('iat.1.in.summer')])).stderr).toContain('only the app knows')
  })

  it('refuses an address that is none', async () => {
    const { exitCode, stderr } = await run(['verify', linkWith(ALL), '--from', '192.0.2'])
    expect([exitCode, stderr]).toEqual([
      2,
      'express-signed-stream: --from must be an IPv4 or IPv6 address, got "192.0.2"\n',
    ])
  })

  it('prints the terms of a valid link as JSON, and of one that is refused in spite of its signature', async () => {
    const allows = { signedAt: 1, network: { ip4: 'c00002' }, listener: 'u42' }
    const said = { id: 'track1', expires: EXPIRES, expiresAt: '2026-11-22T12:05:00Z', key: 'SECRET_KEY' }
    const terms = 'iat.1.ip4.c00002.sub.u42'
    const link = linkWith(terms)
    expect(JSON.parse((await run(['verify', link, '--json'])).stdout)).toEqual({
      valid: true,
      code: 'VALID',
      ...said,
      terms,
      allows,
      unchecked: ['network'],
    })
    expect(JSON.parse((await run(['verify', link, '--json', '--from', '::1'])).stdout)).toEqual({
      valid: false,
      code: 'NETWORK_NOT_ALLOWED',
      ...said,
      terms,
      allows,
    })
  })
})
