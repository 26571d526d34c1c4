/** The ways to spoil a link. */
import { Buffer } from 'node:buffer'
import { SECRET } from '../support/tracks'
import { percentDecoded, sign } from './grant'

/** What a URL must not be able to put into the head of a response. */
export const INJECTION = '%0d%0aX-Injected:%20yes'

/** Makes a link that must not open `id`. */
export type Forgery = (id: string, expires: number) => string

function link(id: string, expires: string | number, sig: string): string {
  return `/stream/${encodeURIComponent(id)}?expires=${expires}&sig=${sig}`
}

/** A signature that is not quite the right one. */
export function spoilt(spoil: (sig: string) => string): Forgery {
  return (id, expires) => link(id, expires, spoil(sign(`${id}|${expires}`)))
}

export function misspelt(at: number, change: number): Forgery {
  return spoilt(sig => {
    const digit = (parseInt(sig[at] ?? '', 16) ^ change).toString(16)
    return sig.slice(0, at) + digit + sig.slice(at + 1)
  })
}

/** Characters removed and inserted anywhere in the query. */
export function mistyped(at: number, removed: number, added: string): Forgery {
  return (id, expires) => {
    const [path = '', query = ''] = link(id, expires, sign(`${id}|${expires}`)).split('?')
    return `${path}?${query.slice(0, at)}${added}${query.slice(at + removed)}`
  }
}

/** With a valid signature, for a time that is past or no time at all. */
export function signedTime(time: string): Forgery {
  return id => link(id, time, sign(`${id}|${percentDecoded(time)}`))
}

/** With a valid signature, for an id that is not valid, or that includes an extension. */
export function signedPath(twist: string, isInFront: boolean): Forgery {
  return (id, expires) => {
    const path = isInFront ? twist + encodeURIComponent(id) : encodeURIComponent(id) + twist
    return `/stream/${path}?expires=${expires}&sig=${sign(`${percentDecoded(path)}|${expires}`)}`
  }
}

/** The signature of something else, or by another key. */
function missigned(text: (id: string, expires: number) => string, key = SECRET): Forgery {
  return (id, expires) => link(id, expires, sign(text(id, expires), key))
}

/** A link without a part of it. */
function without(part: RegExp): Forgery {
  return (id, expires) => link(id, expires, sign(`${id}|${expires}`)).replace(part, '')
}

export const FORGERIES: readonly Forgery[] = [
  spoilt(sig => sig.toUpperCase()),
  spoilt(sig => sig.slice(1)),
  spoilt(sig => sig.slice(0, 32)),
  spoilt(sig => `0x${sig}`),
  spoilt(sig => Buffer.from(sig, 'hex').toString('base64url')),
  spoilt(sig => sig.replace(/\d/, digit => encodeURIComponent(String.fromCharCode(0xff10 + Number(digit))))),
  spoilt(sig => sig + '&'.repeat(1000)),
  ...['', 'undefined', SECRET.slice(1), `${SECRET}\n`].map(key => missigned((id, at) => `${id}|${at}`, key)),
  missigned((id, expires) => `${id}|${expires - 1}`),
  missigned((id, expires) => `${id}x|${expires}`),
  missigned((id, expires) => `${id.slice(0, -1)}|${expires}`),
  missigned((id, expires) => `${id}${expires}`),
  ...[/expires=\d*&/, /&sig=\w*/, /\?.*/, /(?<=sig=).*/, /(?<=expires=)\d*/, /=/].map(without),
]

export const ODD_TIMES = [
  ...['1e10', '0x77359400', '01999999999', '%201999999999', '1999999999%0A', '-1', '+1999999999', '1|2'],
  ...['1999999999.0', '9007199254740993', '18446744073709551615', 'Infinity', 'null', '%D9%A1%D9%A9'],
]

export const TWISTS = [
  ...[
    '%00',
    '.mp3',
    '.exe',
    '.',
    '.mp3.mp3',
    '%2F',
    '%5c',
    '%20',
    '+',
    '%7C1',
    '::$DATA',
    INJECTION,
    '%zz',
    '%c0%ae',
    '%cc%81',
  ],
  ...['..%2f..%2f', '%2e%2e%2f', 'z'.repeat(512)],
]
