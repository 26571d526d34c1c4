/** Targets near valid links, at random: what a client, a proxy or an attacker makes of one. */
import { sign } from '../support/attack-list'

/** Each names a track of the test, but for the last. */
export const NEAR_IDS = ['abc', 'Track-1_x', 'été', '歌', 'x'.repeat(120), 'missing'] as const

/** Inserted anywhere, in place of 0 to 2 characters; each character a byte. */
const SLIPS = [
  ...[
    '%',
    '%0A',
    '%00',
    '%zz',
    '%ff',
    '%C3',
    '%C3%A9',
    '\xc3\xa9',
    '\xff',
    '%c0%ae',
    '%ED%A0%80',
    '%F4%90%80%80',
  ],
  ...[
    '&',
    '&&',
    '=',
    '#',
    '?',
    '/',
    '//',
    '/.',
    '/..',
    '/../',
    '%2F',
    '%2e',
    '%2e%2e',
    '\\',
    '%5c',
    ';',
    '+',
    '%20',
  ],
  ...[
    '[',
    '[]',
    '%5B%5D',
    '%5b',
    '|',
    '%7C',
    '.',
    '.mp3',
    '.MP3',
    '.ogg',
    '.exe',
    '.mp%33',
    '*',
    '~',
    '"',
    '<',
    '$',
  ],
  ...[
    'sig',
    'expires',
    'terms',
    '&sig=',
    '&expires=',
    '&terms=',
    '&terms',
    '&%74erms=x',
    '&sig[]=0',
    '&Sig=0',
    '&a=b',
  ],
  ...[
    '0',
    '1',
    'a',
    'f',
    'A',
    'F',
    '\t',
    '\x7f',
    '%7f',
    '-',
    '_',
    '0x',
    'e%CC%81',
    '%E2%84%AA',
    '%F0%90%90%B7',
  ],
] as const

const PATHS = [
  ...[
    '/stream//',
    '/%73tream/',
    '//stream/',
    '/stream/./',
    '/Stream/',
    '/stream',
    '/stream/x/../',
    '/./stream/',
  ],
  ...['http://other.example/stream/', '/'],
] as const

const EXTENSIONS = ['.mp3', '.MP3', '%2Emp3', '.opus', '.oga', '.flac', '.exe', '.', '.mp3.mp3'] as const

const ODD_TIMES = [
  '0',
  '00',
  '1e10',
  '01999999999',
  '1',
  '9007199254740991',
  '9007199254740993',
  '99999999999',
] as const

export interface NearMiss {
  readonly method: string
  readonly target: string
}

/** @param expires seconds since the epoch, at which most of the links expire */
export function nearMiss(random: () => number, expires: number): NearMiss {
  function pick<T>(list: readonly T[]): T {
    const picked = list[Math.floor(random() * list.length)]
    if (picked === undefined) throw new Error('Nothing to pick from')
    return picked
  }
  function sometimes(share: number): boolean {
    return random() < share
  }
  /** Percent-encodes what must be, and sometimes more. */
  function encoded(text: string, share: number): string {
    return Array.from(text, character =>
      character < '\x80' && sometimes(share)
        ? `%${character.charCodeAt(0).toString(16)}`
        : encodeURIComponent(character),
    ).join('')
  }

  const id = pick(NEAR_IDS)
  const time = sometimes(0.1) ? pick(ODD_TIMES) : String(expires)
  const path = sometimes(0.75) ? '/stream/' : pick(PATHS)
  const share = sometimes(0.3) ? 0.3 : 0
  const pairs = [
    `${encoded('expires', share)}=${encoded(time, share)}`,
    `${encoded('sig', share)}=${encoded(sign(`${id}|${time}`), share / 4)}`,
  ]
  if (sometimes(0.2)) pairs.reverse()
  if (sometimes(0.1))
    pairs.splice(Math.floor(random() * 3), 0, pick(['utm=1', '', 'sig', 'terms=', 'expires=1', '%ff=%zz']))
  let target = `${path}${encoded(id, share)}${sometimes(0.3) ? pick(EXTENSIONS) : ''}?${pairs.join('&')}`
  // nginx refuses the name of a host that cannot be one, and a track does not depend on it.
  const kept = path.startsWith('http') ? path.indexOf('/stream/') + 1 : 0
  for (let slips = pick([0, 0, 1, 1, 1, 2]); slips > 0; slips--) {
    const at = Math.max(kept, Math.floor(random() * (target.length + 1)))
    target = target.slice(0, at) + pick(SLIPS) + target.slice(at + pick([0, 0, 1, 2]))
  }
  return { method: sometimes(0.9) ? 'GET' : pick(['HEAD', 'POST', 'OPTIONS', 'PUT', 'get', 'TRACE']), target }
}
