/** Mistakes with links in practice, made by hand, and what `explain` reports. */
import { Buffer } from 'node:buffer'
import { createHash } from 'node:crypto'
import type { FindingKind } from '../../src/cli/explain/finding'
import { SECRET } from '../support/tracks'
import { linkTo, macOf, NOW, OTHER_SECRET, run, type Setup } from './support'

const EXPIRES = NOW + 3600
const SIG = macOf(`track1|${EXPIRES}`)
const GOOD = linkTo('track1')

interface Fields {
  readonly valid: boolean
  readonly code: string
  readonly findings: readonly { readonly kind: FindingKind; readonly text: string }[]
}

async function explain(link: string, args: readonly string[] = [], setup?: Setup) {
  const { exitCode, stdout } = await run(['explain', link, '--json', ...args], setup)
  const { valid, code, findings } = JSON.parse(stdout) as Fields
  expect(exitCode).toBe(valid ? 0 : 1)
  return {
    valid,
    code,
    kinds: findings.map(({ kind }) => kind),
    text: findings.map(({ text }) => text).join('\n'),
  }
}

describe('explain reports of a link with a correct signature', () => {
  it('until when it is valid, and with which secret it was signed', async () => {
    expect(await run(['explain', GOOD])).toEqual({
      exitCode: 0,
      stdout: [
        'Valid',
        '- The signature is correct: "track1", signed with SECRET_KEY',
        '- The link is valid until 2026-11-22T13:00:00Z, in 1 hour',
        '',
      ].join('\n'),
      stderr: '',
    })
  })

  it('how long ago it expired', async () => {
    const { exitCode, stdout } = await run(['explain', linkTo('track1', NOW - 180)])
    expect([exitCode, stdout.split('\n')]).toEqual([
      1,
      [
        'Refused: SIGNATURE_EXPIRED',
        '- The signature is correct: "track1", signed with SECRET_KEY',
        '- The link expired at 2026-11-22T11:57:00Z, 3 minutes ago',
        '',
      ],
    ])
  })

  it('that this is its last valid second', async () => {
    expect((await explain(linkTo('track1', NOW))).text).toContain(
      'The link is valid until 2026-11-22T12:00:00Z, now',
    )
  })

  it('that the previous secret signed it', async () => {
    const { valid, text } = await explain(GOOD, [], {
      environment: { SECRET_KEY: OTHER_SECRET, SECRET_KEY_PREVIOUS: SECRET },
    })
    expect(valid).toBe(true)
    expect(text).toContain('signed with SECRET_KEY_PREVIOUS')
    expect(text).toContain('the link stops working when you remove that secret')
  })

  it('that it lives longer than the server allows', async () => {
    const { code, text } = await explain(GOOD, ['--max-ttl', '30m'])
    expect(code).toBe('SIGNATURE_LIFETIME')
    expect(text).toContain('later than maxTtl allows: 30 minutes')
  })

  it('that its seconds are milliseconds', async () => {
    const { valid, kinds, text } = await explain(linkTo('track1', EXPIRES * 1000))
    expect([valid, kinds]).toEqual([true, ['key', 'good-until', 'expires-milliseconds']])
    expect(text).toContain('+058862-')
  })

  it('that it expires later than a date can represent', async () => {
    expect((await explain(linkTo('track1', 9_000_000_000_000))).text).toContain('after the year 275000')
  })

  it('that its expiry is a length of time', async () => {
    const { code, kinds } = await explain(linkTo('track1', 3600))
    expect([code, kinds]).toEqual(['SIGNATURE_EXPIRED', ['key', 'expired', 'expires-duration']])
  })

  it.each([
    ['composed (NFC)', 'été'.normalize('NFC')],
    ['decomposed (NFD)', '한글'.normalize('NFD')],
    ['a mixed', `${'한'.normalize('NFC')}${'글'.normalize('NFD')}`],
  ])('in which form of Unicode the id is: %s', async (form, id) => {
    expect((await explain(linkTo(id))).text).toContain(`The id is in ${form} form`)
  })
})

describe('explain finds what was changed after signing', () => {
  const [start = '', query = ''] = GOOD.split('?')
  const upper = `${start}?expires=${EXPIRES}&sig=${SIG.toUpperCase()}`
  const base64 = Buffer.from(SIG, 'hex').toString('base64')

  it.each<[string, string, string, FindingKind]>([
    ['a full stop', `${GOOD}.`, 'SIGNATURE_MALFORMED', 'trailing-text'],
    ['a bracket', `${GOOD})`, 'SIGNATURE_MALFORMED', 'trailing-text'],
    ['a quote', `${GOOD}"`, 'SIGNATURE_MALFORMED', 'trailing-text'],
    ['an encoded quote', `${GOOD}%22`, 'SIGNATURE_MALFORMED', 'trailing-text'],
    ['an ellipsis', `${GOOD}…`, 'SIGNATURE_MALFORMED', 'trailing-text'],
    ['more text', `${GOOD})._ and so on`, 'SIGNATURE_MALFORMED', 'trailing-text'],
    [
      'a full stop after expires',
      `${start}?sig=${SIG}&expires=${EXPIRES}.`,
      'SIGNATURE_MALFORMED',
      'trailing-text',
    ],
    ['a bracket before it', `<${GOOD}>`, 'SIGNATURE_MALFORMED', 'surrounded'],
    ['white space after it', `${GOOD}\n`, 'SIGNATURE_MALFORMED', 'surrounded'],
    ['a broken line', GOOD.replace('&', '\n &'), 'SIGNATURE_MALFORMED', 'white-space'],
    ['quoted-printable', GOOD.replaceAll('=', '=3D'), 'SIGNATURE_MALFORMED', 'quoted-printable'],
    ['&amp;', GOOD.replace('&', '&amp;'), 'SIGNATURE_MISSING', 'html-escaped'],
    ['&amp;amp;', GOOD.replace('&', '&amp;amp;'), 'SIGNATURE_MISSING', 'html-escaped'],
    ['&#38;', GOOD.replace('&', '&#38;'), 'SIGNATURE_MISSING', 'html-escaped'],
    ['backslashes', GOOD.replaceAll(/[?&=]/g, '\\$&'), 'INVALID_ID', 'backslashes'],
    ['an encoded query', `${start}${encodeURIComponent(`?${query}`)}`, 'INVALID_ID', 'percent-encoded'],
    [
      'a query encoded twice',
      `${start}${encodeURIComponent(encodeURIComponent(`?${query}`))}`,
      'INVALID_ID',
      'percent-encoded',
    ],
    ['an encoded &', GOOD.replace('&sig=', '%26sig%3D'), 'SIGNATURE_MISSING', 'percent-encoded'],
    ['a second ?', GOOD.replace('&', '?'), 'SIGNATURE_MISSING', 'separator'],
    ['a semicolon', GOOD.replace('&', ';'), 'SIGNATURE_MISSING', 'separator'],
    ['no &', GOOD.replace('&', ''), 'SIGNATURE_MISSING', 'separator'],
    ['no ?', GOOD.replace('?', '&'), 'INVALID_ID', 'separator'],
    ['another name', GOOD.replace('sig=', 'signature='), 'SIGNATURE_MISSING', 'parameter-name'],
    ['a capital', GOOD.replace('expires=', 'Expires='), 'SIGNATURE_MISSING', 'parameter-name'],
    ['expires twice', `${GOOD}&expires=${EXPIRES}`, 'SIGNATURE_MALFORMED', 'parameter-repeated'],
    ['another expires before', GOOD.replace('?', '?expires=1&'), 'SIGNATURE_MALFORMED', 'parameter-repeated'],
    ['brackets', GOOD.replace('sig=', 'sig[]='), 'SIGNATURE_MALFORMED', 'parameter-bracketed'],
    [
      'swapped parameters',
      `${start}?expires=${SIG}&sig=${EXPIRES}`,
      'SIGNATURE_MALFORMED',
      'parameters-swapped',
    ],
    ['upper case', upper, 'SIGNATURE_MALFORMED', 'sig-case'],
    ['a cut', GOOD.slice(0, -10), 'SIGNATURE_MALFORMED', 'sig-length'],
    ['a cut with dots', `${GOOD.slice(0, -10)}...`, 'SIGNATURE_MALFORMED', 'sig-length'],
    ['base64', GOOD.replace(SIG, encodeURIComponent(base64)), 'SIGNATURE_MALFORMED', 'sig-base64'],
    [
      'base64 with spaces for +',
      GOOD.replace(SIG, base64.replaceAll('+', ' ')),
      'SIGNATURE_MALFORMED',
      'sig-base64',
    ],
    [
      'base64url and a full stop',
      GOOD.replace(SIG, `${Buffer.from(SIG, 'hex').toString('base64url')}.`),
      'SIGNATURE_MALFORMED',
      'sig-base64',
    ],
    ['a prefix', GOOD.replace('sig=', 'sig=sha256='), 'SIGNATURE_MALFORMED', 'sig-prefix'],
    ['a plus', GOOD.replace('expires=', 'expires=%2B'), 'SIGNATURE_MALFORMED', 'expires-not-seconds'],
    ['a zero before', GOOD.replace('expires=', 'expires=0'), 'SIGNATURE_MALFORMED', 'expires-not-seconds'],
    ['a fraction', GOOD.replace('&sig', '.0&sig'), 'SIGNATURE_MALFORMED', 'expires-not-seconds'],
    [
      'a date',
      GOOD.replace(String(EXPIRES), '2026-11-22T13:00:00Z'),
      'SIGNATURE_MALFORMED',
      'expires-not-seconds',
    ],
    [
      'milliseconds',
      GOOD.replace(String(EXPIRES), `${EXPIRES}000`),
      'SIGNATURE_INVALID',
      'expires-milliseconds',
    ],
    ['an extension that is not served', GOOD.replace('?', '.txt?'), 'INVALID_ID', 'id-extension'],
    ['an encoded id and an extension', GOOD.replace('track1', '%2574rack1.mp3'), 'INVALID_ID', 'id-encoding'],
    ['a slash after the id', GOOD.replace('track1', 'track1/'), 'INVALID_ID', 'id-not-allowed'],
    ['an encoded space after the id', GOOD.replace('track1', 'track1%20'), 'INVALID_ID', 'id-encoding'],
    ['another case', GOOD.replace('track1', 'TRACK1'), 'SIGNATURE_INVALID', 'id-case'],
  ])('%s', async (_name, link, code, kind) => {
    const explanation = await explain(link)
    expect([explanation.valid, explanation.code]).toEqual([false, code])
    expect(explanation.kinds).toContain(kind)
    expect(explanation.kinds.slice(-2)).toEqual(['key', 'good-until'])
    expect(explanation.text).toContain('Otherwise the signature is correct: "track1", signed with SECRET_KEY')
    expect(explanation.text).toContain(
      'With that fixed, the link is valid until 2026-11-22T13:00:00Z, in 1 hour',
    )
  })

  it.each<[string, string, string, FindingKind]>([
    ['composed', 'été'.normalize('NFC'), 'été'.normalize('NFD'), 'id-unicode-form'],
    ['decomposed', 'été'.normalize('NFD'), 'été'.normalize('NFC'), 'id-unicode-form'],
    ['compatible', 'fin', 'ﬁn', 'id-unicode-form'],
    ['UTF-8', 'été', Buffer.from('été').toString('latin1'), 'id-encoding'],
    ['encoded', 'été', encodeURIComponent('été'), 'id-encoding'],
  ])('an id in another form: %s', async (_name, signed, linked, kind) => {
    const { valid, kinds } = await explain(linkTo(linked, EXPIRES, macOf(`${signed}|${EXPIRES}`)))
    expect(valid).toBe(false)
    expect(kinds).toContain(kind)
    expect(kinds).toContain('good-until')
  })

  it('two changes at once, in a link that has also expired', async () => {
    const link = linkTo('track1', NOW - 180)
      .replace('&', '&amp;')
      .replace('track1', 'track1.mp3')
    const { kinds, text } = await explain(`${link}.`)
    expect(kinds).toEqual(['html-escaped', 'trailing-text', 'key', 'expired'])
    expect(text).toContain(
      'With that fixed, the link is still refused: it expired at 2026-11-22T11:57:00Z, 3 minutes ago',
    )
  })

  it('an & at which a shell ended the link', async () => {
    const { code, kinds, text } = await explain(GOOD.split('&')[0] ?? '')
    expect([code, kinds]).toEqual(['SIGNATURE_MISSING', ['parameter-missing', 'parameter-missing']])
    expect(text).toContain('write it in quotes: an & ends a command')
  })

  it.each<[string, string, string, readonly FindingKind[]]>([
    [
      'nothing',
      'https://api.example.com/',
      'INVALID_ID',
      ['parameter-missing', 'parameter-missing', 'id-not-allowed'],
    ],
    [
      'a path that does not decode',
      GOOD.replace('track1', '%zz'),
      'INVALID_ID',
      ['id-not-allowed', 'no-match'],
    ],
    [
      'a signature of which too little is left to try',
      GOOD.replace(SIG, SIG.slice(0, 12)),
      'SIGNATURE_MALFORMED',
      ['sig-length'],
    ],
    ['a signature of words', GOOD.replace(SIG, 'hello'), 'SIGNATURE_MALFORMED', ['sig-not-hex']],
    [
      'an expiry of words',
      GOOD.replace(String(EXPIRES), 'tomorrow'),
      'SIGNATURE_MALFORMED',
      ['expires-not-seconds', 'no-match'],
    ],
    ['another track', GOOD.replace('track1', 'track2'), 'SIGNATURE_INVALID', ['no-match']],
    [
      'another hour',
      GOOD.replace(String(EXPIRES), String(EXPIRES + 3600)),
      'SIGNATURE_INVALID',
      ['no-match'],
    ],
    [
      'another secret',
      linkTo('track1', EXPIRES, macOf(`track1|${EXPIRES}`, OTHER_SECRET)),
      'SIGNATURE_INVALID',
      ['no-match'],
    ],
    [
      'a signature as SHA-1 gives it',
      GOOD.replace(SIG, 'a'.repeat(40)),
      'SIGNATURE_MALFORMED',
      ['sig-length', 'no-match'],
    ],
  ])('as much as possible of %s', async (_name, link, code, kinds) => {
    expect(await explain(link)).toMatchObject({ code, kinds })
  })
})

describe('explain knows an extension in the link:', () => {
  const WITH_EXTENSION = GOOD.replace('?', '.mp3?')

  it('one that is served is not a mistake', async () => {
    expect(await run(['explain', WITH_EXTENSION])).toEqual({
      exitCode: 0,
      stdout: [
        'Valid',
        '- The signature is correct: "track1", signed with SECRET_KEY',
        '- The link is valid until 2026-11-22T13:00:00Z, in 1 hour',
        '- The extension .mp3 is not signed: a server responds with 404 unless the track is audio/mpeg',
        '',
      ].join('\n'),
      stderr: '',
    })
  })

  it('an expired link has it too', async () => {
    const { code, kinds } = await explain(linkTo('track1', NOW - 1).replace('?', '.OPUS?'))
    expect([code, kinds]).toEqual(['SIGNATURE_EXPIRED', ['key', 'expired', 'extension']])
  })

  it.each(['mp3', 'MP3', 'exe'])('one that was signed: .%s', async extension => {
    const { text, kinds } = await explain(linkTo(`track1.${extension}`))
    expect(kinds.slice(-3)).toEqual(['id-extension', 'key', 'good-until'])
    expect(text).toContain(`"track1.${extension}" was signed: sign the id alone, without .${extension}`)
  })

  it('one that is not served', async () => {
    const { code, text, kinds } = await explain(GOOD.replace('?', '.exe?'))
    expect([code, kinds]).toEqual(['INVALID_ID', ['id-extension', 'key', 'good-until']])
    expect(text).toContain('A server responds with 404 to the extension .exe: remove it, or use one of mp3, ')
  })

  it('beside another mistake', async () => {
    const { text } = await explain(WITH_EXTENSION.replace('track1', 'TRACK1'))
    expect(text).toContain('changed after signing: the signed id is "track1"')
    const { kinds } = await explain(
      linkTo('e\u0301te\u0301', EXPIRES, macOf(`\u00e9t\u00e9|${EXPIRES}`)).replace('?', '.flac?'),
    )
    expect(kinds).toContain('id-unicode-form')
    expect(kinds).toContain('good-until')
  })

  it('two are one too many', async () => {
    const { code, text } = await explain(GOOD.replace('?', '.tar.mp3?'))
    expect(code).toBe('INVALID_ID')
    expect(text).toContain('"track1.tar.mp3" is not an id')
  })
})

describe('explain knows the ids of paths:', () => {
  const PATH = 'Artist/Album/01 Name.flac'
  const ID = 'Artist--Album--01_Name-2e_flac'
  const MEANING = `The id stands for the path "${PATH}", if the server resolves by pathFromId`

  it('the path that an id stands for', async () => {
    const valid = await explain(linkTo(ID))
    expect([valid.code, valid.kinds]).toEqual(['VALID', ['key', 'path', 'good-until']])
    expect(valid.text).toContain(MEANING)
    const changed = await explain(linkTo(ID).replace('&', '&amp;'))
    expect(changed.kinds).toEqual(['html-escaped', 'key', 'path', 'good-until'])
    expect(changed.text).toContain(MEANING)
  })

  it('no path for an id that was made otherwise', async () => {
    for (const id of ['track1', 'my_song', 'a--b', '-61_-2e_mp3']) {
      expect((await explain(linkTo(id))).kinds).toEqual(['key', 'good-until'])
    }
  })

  it('a path that was signed in place of the id', async () => {
    const { text, kinds } = await explain(linkTo(ID, EXPIRES, macOf(`${PATH}|${EXPIRES}`)))
    expect(kinds).toContain('id-path')
    expect(text).toContain(`The path "${PATH}" was signed: sign only the id`)
  })

  it('a path that was written into the link in place of the id', async () => {
    const url = `https://api.example.com/stream/${encodeURI(PATH)}`
    const signedId = await explain(`${url}?expires=${EXPIRES}&sig=${macOf(`${ID}|${EXPIRES}`)}`)
    expect(signedId.text).toContain(`The link has a path in place of the id, which is "${ID}"`)
    expect(signedId.kinds).toContain('good-until')
    const signedPath = await explain(`${url}?expires=${EXPIRES}&sig=${macOf(`${PATH}|${EXPIRES}`)}`)
    expect(signedPath.text).toContain(`The path "${PATH}" was signed: sign idFromPath of it`)
    const flat = await explain(`/stream/01.flac?expires=${EXPIRES}&sig=${macOf(`01-2e_flac|${EXPIRES}`)}`)
    expect(flat.text).toContain('The link has a path in place of the id, which is "01-2e_flac"')
  })
})

describe('explain finds the mistake of a signer', () => {
  it.each<[string, string, FindingKind, string]>([
    ['no separator', macOf(`track1${EXPIRES}`), 'signed-text', 'has no | between'],
    ['another separator', macOf(`track1:${EXPIRES}`), 'signed-text', 'has ":" between'],
    ['swapped parts', macOf(`${EXPIRES}|track1`), 'signed-text', 'id and expires are swapped:'],
    [
      'swapped parts and no separator',
      macOf(`${EXPIRES}track1`),
      'signed-text',
      'are swapped and the | is missing',
    ],
    ['the line break of echo', macOf(`track1|${EXPIRES}\n`), 'signed-text', 'ends with "\\n"'],
    ['the id alone', macOf('track1'), 'signed-text', 'never expire'],
    [
      'the file name',
      macOf(`track1.mp3|${EXPIRES}`),
      'id-extension',
      'The file name "track1.mp3" was signed: sign only the id',
    ],
    [
      'the path',
      macOf(`/stream/track1|${EXPIRES}`),
      'id-path',
      'The path "/stream/track1" was signed: sign only the id',
    ],
    ['the path and query', macOf(`/stream/track1?expires=${EXPIRES}`), 'signed-text', 'The link itself'],
    ['milliseconds', macOf(`track1|${EXPIRES}123`), 'expires-milliseconds', 'milliseconds were signed'],
    ['secret and text swapped', macOf(SECRET, `track1|${EXPIRES}`), 'signed-hash', 'the text as the key'],
    [
      'a bare hash',
      createHash('sha256').update(`${SECRET}track1|${EXPIRES}`).digest('hex'),
      'signed-hash',
      'SHA-256 of the secret and the text',
    ],
    [
      'a bare hash, text first',
      createHash('sha256').update(`track1|${EXPIRES}${SECRET}`).digest('hex'),
      'signed-hash',
      'SHA-256 of the text and the secret',
    ],
    ['SHA-1', macOf(`track1|${EXPIRES}`, SECRET, 'sha1'), 'signed-hash', 'HMAC with sha1'],
    ['SHA-512', macOf(`track1|${EXPIRES}`, SECRET, 'sha512'), 'signed-hash', 'HMAC with sha512'],
    [
      'a secret with a line break',
      macOf(`track1|${EXPIRES}`, `${SECRET}\n`),
      'secret-differs',
      'echo secret > file',
    ],
    ['a secret in quotes', macOf(`track1|${EXPIRES}`, `"${SECRET}"`), 'secret-differs', 'it includes quotes'],
    [
      'a secret decoded from hex',
      macOf(`track1|${EXPIRES}`, Buffer.from(SECRET, 'hex')),
      'secret-differs',
      'decodes the hexadecimal digits',
    ],
    [
      'a secret decoded from base64',
      macOf(`track1|${EXPIRES}`, Buffer.from(SECRET, 'base64')),
      'secret-differs',
      'decodes the base64',
    ],
    [
      'a secret in upper case',
      macOf(`track1|${EXPIRES}`, SECRET.toUpperCase()),
      'secret-differs',
      'upper and lower case differ',
    ],
  ])('that signs with %s', async (_name, sig, kind, words) => {
    const { valid, kinds, text } = await explain(linkTo('track1', EXPIRES, sig))
    expect(valid).toBe(false)
    expect(kinds).toContain(kind)
    expect(text).toContain(words)
    expect(text).toContain('With that fixed, the link is valid until 2026-11-22T13:00:00Z')
  })

  it('that signs an expiry of words', async () => {
    const { code, kinds } = await explain(linkTo('track1', 'tomorrow', macOf('track1|tomorrow')))
    expect([code, kinds]).toEqual(['SIGNATURE_MALFORMED', ['expires-not-seconds', 'signed-text', 'key']])
  })

  it('that makes two mistakes', async () => {
    const { kinds } = await explain(linkTo('track1', EXPIRES, macOf(`track1${EXPIRES}`, `${SECRET}\n`)))
    expect(kinds).toEqual(['secret-differs', 'signed-text', 'key', 'good-until'])
  })

  it.each([
    [
      'ends with a line break',
      `${SECRET}\n`,
      'remove white space and line breaks around the secret given here',
    ],
    ['is in quotes', `'${SECRET}'`, 'remove the quotes around the secret given here'],
    [
      'is a line of a file of variables',
      `export SECRET_KEY="${SECRET}"`,
      'a whole line of a file of variables',
    ],
    ['begins with a byte order mark', `\ufeff${SECRET}`, 'begins with a byte order mark'],
  ])('if the secret given here %s', async (_name, secret, words) => {
    const { kinds, text } = await explain(GOOD, [], { environment: { SECRET_KEY: secret } })
    expect(kinds).toEqual(['secret-differs', 'key', 'good-until'])
    expect(text).toContain(words)
  })

  it('if the file here contains bytes, and the signer uses them as text', async () => {
    const bytes = Buffer.from('00ff10ee20dd30cc40bb50aa60998877'.repeat(2), 'hex')
    for (const [secret, words] of [
      [bytes.toString('hex'), 'in hexadecimal digits'],
      [bytes.toString('base64'), 'in base64'],
      [Buffer.from(bytes.toString()), 'is not UTF-8'],
    ] as const) {
      const link = linkTo('track1', EXPIRES, macOf(`track1|${EXPIRES}`, secret))
      const { text } = await explain(link, ['--secret-file', 'key'], {
        environment: {},
        files: { key: bytes },
      })
      expect(text).toContain(words)
    }
  })

  it('and which of two secrets is almost correct', async () => {
    const environment = { SECRET_KEY: OTHER_SECRET, SECRET_KEY_PREVIOUS: `${SECRET}\r\n` }
    const { text } = await explain(GOOD, [], { environment })
    expect(text).toContain("The signer's secret differs from SECRET_KEY_PREVIOUS")
  })
})

describe('explain shows', () => {
  it('no control characters of a link, which would move the cursor', async () => {
    const { stdout } = await run(['explain', `/%1b%5b2J%c2%9bx%e2%80%ae?${GOOD.split('?')[1] ?? ''}`])
    expect(stdout).toContain('"\\u{1b}[2J\\u{9b}x\\u{202e}" is not an id')
    // eslint-disable-next-line no-control-regex -- they are what must not be there
    expect(stdout.replaceAll('\n', '')).not.toMatch(/[\x00-\x1f\x7f-\x9f\u202e]/)
  })

  it('no more of an id than fits a line', async () => {
    const { stdout } = await run(['explain', `/${'x'.repeat(100_000)}?expires=1&sig=2`])
    expect(stdout.length).toBeLessThan(2000)
  })

  it('no signature, whatever was done to the link', async () => {
    const base64 = Buffer.from(SIG, 'hex').toString('base64')
    const [start = '', query = ''] = GOOD.split('?')
    const links = [
      GOOD,
      `${GOOD}.`,
      `${start}.mp3?${query}`,
      `${start}${encodeURIComponent(`?${query}`)}`,
      `${start}${encodeURIComponent(`?${query}`)}?utm=1&expires=1&sig=2`,
      `${start}${encodeURIComponent(`?${query}`)}?expires=${EXPIRES}&sig=${SIG}`,
      `${start}%3Ftoken%3D${SIG}?expires=1&sig=2`,
      `${start}&${query}`,
      `${start}/${SIG}`,
      `${start}.${SIG}?expires=${EXPIRES}&sig=2`,
      `${start}?${SIG}=${EXPIRES}`,
      `${start}?expires=${SIG}&sig=${EXPIRES}`,
      `${start}?expires=${EXPIRES}%20${SIG}&sig=${SIG}`,
      `${start}?expires=${EXPIRES}&sig=${encodeURIComponent(base64)}`,
      `${start}?expires=${EXPIRES}&sig=${macOf(`track1${EXPIRES}`)}`,
      `${start}?expires=${EXPIRES}&sig=${SIG.slice(0, 40)}`,
      `${start}?expires=${EXPIRES}&sig=x${SIG}`,
      linkTo('track1', EXPIRES, 'f'.repeat(64)),
      linkTo('track1', `${EXPIRES}000`, SIG),
    ]
    for (const link of links) {
      for (const args of [[], ['--json'], ['--max-ttl', '1m']]) {
        const { stdout, stderr } = await run(['explain', link, ...args])
        const said = (stdout + stderr).toLowerCase()
        for (const secretly of [
          SIG.slice(0, 16),
          SIG.slice(-16),
          base64.slice(0, 16).toLowerCase(),
          SECRET,
        ]) {
          expect(said).not.toContain(secretly)
        }
      }
    }
  })
})
