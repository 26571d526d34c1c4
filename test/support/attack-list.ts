/** Bad input on the wire as tables, and the tracks that it is aimed at. */
import { createHash, createHmac } from 'node:crypto'
import { symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { computeSignature } from 'express-signed-stream'
import { inSeconds, makeTrackDirectory, queryFor, SECRET, TRACK, type TrackDirectory } from './tracks'

/** One track is a link that leads out. */
export function makeAttackedTracks(): TrackDirectory {
  const tracks = makeTrackDirectory()
  for (const id of ['abc', 'a', '__proto__', 'constructor', 'x'.repeat(128), 'เพลงที่'])
    tracks.write(`${id}.mp3`, TRACK)
  const outside = makeTrackDirectory()
  symlinkSync(outside.write('secret.mp3', 'outside'), join(tracks.path, 'escape.mp3'))
  return {
    ...tracks,
    remove() {
      tracks.remove()
      outside.remove()
    },
  }
}

/** When the links expire. */
export const E = inSeconds(600)
const S = computeSignature(SECRET, 'abc', E)

/** The signature of any text, as a signer without the rules of this package makes it. */
export function sign(text: string): string {
  return createHmac('sha256', SECRET).update(text).digest('hex')
}

function extraParameters(count: number): string {
  return Array.from({ length: count }, (_, index) => `p${index}=`).join('&')
}

/** What follows `/stream/abc?`, and the expected status. */
export const QUERIES: readonly [string, string, number][] = [
  // 1
  ['no parameter', '', 403],
  ['the signature alone', `sig=${S}`, 403],
  ['the expiry alone', `expires=${E}`, 403],
  ['an empty signature', `expires=${E}&sig=`, 403],
  ['a bare signature', `expires=${E}&sig`, 403],
  ['an empty expiry', `expires=&sig=${S}`, 403],
  // 2
  ['the same signature twice', `expires=${E}&sig=${S}&sig=${S}`, 403],
  ['a good and a bad signature', `expires=${E}&sig=${S}&sig=0`, 403],
  ['a bad and a good signature', `expires=${E}&sig=0&sig=${S}`, 403],
  ['two expiries', `expires=${E}&expires=${E}&sig=${S}`, 403],
  ['a second signature under an encoded name', `expires=${E}&sig=${S}&%73ig=${S}`, 403],
  // 3
  ['an array of signatures', `expires=${E}&sig[]=${S}`, 403],
  ['an encoded array', `expires=${E}&sig%5B%5D=${S}`, 403],
  ['an object', `expires=${E}&sig[a]=${S}`, 403],
  ['an array of expiries', `expires[]=${E}&sig=${S}`, 403],
  ['a good signature and an array', `expires=${E}&sig=${S}&sig[]=x`, 403],
  // 4
  ['a capital in the name', `expires=${E}&Sig=${S}`, 403],
  ['an HTML-escaped ampersand', `expires=${E}&amp;sig=${S}`, 403],
  ['a semicolon', `expires=${E};sig=${S}`, 403],
  ['a second question mark', `expires=${E}?sig=${S}`, 403],
  // 5
  ['tracking parameters', `utm_source=x&expires=${E}&fbclid=y&sig=${S}`, 200],
  ['the other order', `sig=${S}&expires=${E}`, 200],
  ['an encoded name', `expires=${E}&%73ig=${S}`, 200],
  ['a prototype in a parameter', `__proto__[a]=1&constructor[prototype]=1&expires=${E}&sig=${S}`, 200],
  ['900 more parameters', `${extraParameters(900)}&expires=${E}&sig=${S}`, 200],
  // 6
  ['1500 more parameters', `${extraParameters(1500)}&expires=${E}&sig=${S}`, 403],
  // 7
  ['a broken escape in the signature', `expires=${E}&sig=%zz`, 403],
  ['a broken UTF-8 sequence in the signature', `expires=${E}&sig=%ff`, 403],
  ['a broken escape elsewhere', `utm=%zz&%zz=1&expires=${E}&sig=${S}`, 200],
  // 9
  ...['', 'zz', 'a', '+', '%00', '%0A', '%0a', '%23x', '%20', '.', '='].map(
    (suffix): [string, string, number] => [
      `a signature followed by ${suffix || 'nothing'}`,
      `expires=${E}&sig=${S}${suffix}`,
      suffix ? 403 : 200,
    ],
  ),
  ['an upper-case signature', `expires=${E}&sig=${S.toUpperCase()}`, 403],
  ['a prefixed signature', `expires=${E}&sig=0x${S}`, 403],
  // 10
  ['63 digits', `expires=${E}&sig=${S.slice(0, 63)}`, 403],
  ['32 digits', `expires=${E}&sig=${S.slice(0, 32)}`, 403],
  ['8000 digits', `expires=${E}&sig=${'0'.repeat(8000)}`, 403],
  ['full-width digits', `expires=${E}&sig=${encodeURIComponent('０'.repeat(64))}`, 403],
  ['base64url of the right MAC', `expires=${E}&sig=${Buffer.from(S, 'hex').toString('base64url')}`, 403],
  // 11
  ['zeros', `expires=${E}&sig=${'0'.repeat(64)}`, 403],
  ['an unkeyed hash', `expires=${E}&sig=${createHash('sha256').update(`abc|${E}`).digest('hex')}`, 403],
  [
    'a hash of secret and text',
    `expires=${E}&sig=${createHash('sha256').update(`${SECRET}abc|${E}`).digest('hex')}`,
    403,
  ],
  ['an empty key', `expires=${E}&sig=${createHmac('sha256', '').update(`abc|${E}`).digest('hex')}`, 403],
  [
    'the key "undefined"',
    `expires=${E}&sig=${createHmac('sha256', 'undefined').update(`abc|${E}`).digest('hex')}`,
    403,
  ],
  // 13, 14, 15: signed as they are, so that only the grammar can refuse them
  ...[
    ...[
      '1e10',
      '0x77359400',
      '%2B1999999999',
      '+1999999999',
      '%201999999999',
      '1999999999%20',
      '1999999999%0A',
    ],
    ...[
      '01999999999',
      '1999999999.0',
      '1_999_999_999',
      '-1',
      '-0',
      'Infinity',
      'NaN',
      'undefined',
      'null',
      'true',
    ],
    ...['[1999999999]', '1999999999n', '1999999999,1', '2033-05-18T03:33:19Z', '%00', '1999999999%00'],
    ...[encodeURIComponent('١٩٩٩٩٩٩٩٩٩'), encodeURIComponent('１９９９９９９９９９')],
    ...['9007199254740993', '99999999999999999999', '18446744073709551615'],
  ].map((expires): [string, string, number] => [
    `the expiry ${expires}`,
    `expires=${expires}&sig=${sign(`abc|${decodeURIComponent(expires)}`)}`,
    403,
  ]),
  // 19, 20, 21
  ['a later expiry', `expires=${E + 1}&sig=${S}`, 403],
  ['the signature of another id', queryFor('abd', E), 403],
  ['the signature of the id in capitals', queryFor('ABC', E), 403],
  [
    'a digit moved from the expiry to the id',
    `expires=${String(E).slice(1)}&sig=${sign(`abc${String(E)[0]}|${String(E).slice(1)}`)}`,
    403,
  ],
]

/** What follows `/stream/`, always with the signature of the decoded text, and the expected status. */
export const IDS: readonly [string, number][] = [
  ...[
    '%2F',
    '%252F',
    '%2e%2e',
    '..',
    '.',
    '..%2f..%2fetc%2fpasswd',
    '..%5cabc',
    'abc%00',
    '%00',
    'abc%0A',
    'abc%0d%0a',
  ].map((id): [string, number] => [id, 400]),
  ...[
    'abc%E2%80%8F',
    'abc%20',
    'abc+',
    'abc.',
    'abc.mp3.mp3',
    '.mp3',
    'abc.%C3%BC',
    'abc.%E2%84%AAka',
    'abc::$DATA',
    'abc%7C1',
    'abc|1',
    'abc\\',
    'abc%FF',
    '%zz',
    '%c0%ae%c0%ae',
  ].map((id): [string, number] => [id, 400]),
  ['x'.repeat(513), 400],
  ['%61'.repeat(4000), 400],
  // Too long for the name of a file.
  ['x'.repeat(512), 404],
  ['%F0%90%90%B7'.repeat(512), 404],
  ['e%CC%81', 404],
  ['%E0%B9%80%E0%B8%9E%E0%B8%A5%E0%B8%87%E0%B8%97%E0%B8%B5%E0%B9%88', 200],
  // The extension is not signed, whatever it is: nothing is revealed of a link signed with it.
  ...['abc.mp3', 'abc%2Emp3', 'abc.exe', 'missing.mp3'].map((id): [string, number] => [id, 403]),
  ['%D0%B0bc', 404],
  ['x'.repeat(128), 200],
  ['__proto__', 200],
  ['constructor', 200],
  ['toString', 404],
  ['%61bc', 200],
  ['escape', 404],
]

export function decoded(id: string): string {
  try {
    return decodeURIComponent(id)
  } catch {
    return id
  }
}
