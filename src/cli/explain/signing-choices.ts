/** The texts and hash functions that a signer may have used instead of HMAC-SHA256 of `{id}|{expires}`. */
import { createHash, createHmac, createSecretKey } from 'node:crypto'
import { macOf } from '../../signing/canonical'
import type { Choice, Finding } from './finding'

/** Makes the text that is signed. */
export type Form = (id: string, expires: string) => string

/** @returns hexadecimal digits */
export type Hash = (key: Buffer, text: string) => string

const EXPECTED = 'sign the id, a |, and expires'

/** Between id and expires, in other systems. */
const OTHER_SEPARATORS = [
  ':',
  '.',
  ',',
  ';',
  '-',
  '_',
  '/',
  '&',
  '+',
  '~',
  '?',
  ' ',
  '\n',
  '||',
  ' | ',
  '%7C',
]

function describeSignedText(text: string): Finding {
  return { kind: 'signed-text', text: `${text}: ${EXPECTED}` }
}

export const FORMS: readonly Choice<Form>[] = [
  { value: (id, expires) => `${id}|${expires}` },
  {
    value: (id, expires) => `${id}${expires}`,
    finding: describeSignedText('The signed text has no | between id and expires'),
  },
  {
    value: (id, expires) => `${expires}|${id}`,
    finding: describeSignedText('In the signed text, id and expires are swapped'),
  },
  {
    value: (id, expires) => `${expires}${id}`,
    finding: describeSignedText('In the signed text, id and expires are swapped and the | is missing'),
  },
  ...['\n', '\r\n', ' ', '|'].map(end => ({
    value: (id: string, expires: string) => `${id}|${expires}${end}`,
    finding: describeSignedText(
      `The signed text ends with ${JSON.stringify(end)} (echo adds a line break, printf %s does not)`,
    ),
  })),
  ...OTHER_SEPARATORS.map(separator => ({
    value: (id: string, expires: string) => `${id}${separator}${expires}`,
    finding: describeSignedText(`The signed text has ${JSON.stringify(separator)} between id and expires`),
  })),
  {
    value: (id, expires) => `${id}?expires=${expires}`,
    finding: describeSignedText('The link itself was signed'),
  },
  { value: id => id, finding: describeSignedText('Only the id was signed, so the link would never expire') },
]

function describeSignedHash(text: string): Finding {
  return { kind: 'signed-hash', text: `${text}: use HMAC-SHA256 with the secret as the key` }
}

export const HASHES: readonly Choice<Hash>[] = [
  { value: (key, text) => macOf(createSecretKey(key), text).toString('hex') },
  {
    value: (key, text) => createHmac('sha256', text).update(key).digest('hex'),
    finding: describeSignedHash('The signer uses the text as the key and the secret as the text'),
  },
  {
    value: (key, text) => createHash('sha256').update(key).update(text).digest('hex'),
    finding: describeSignedHash('The signature is SHA-256 of the secret and the text'),
  },
  {
    value: (key, text) => createHash('sha256').update(text).update(key).digest('hex'),
    finding: describeSignedHash('The signature is SHA-256 of the text and the secret'),
  },
  ...['md5', 'sha1', 'sha224', 'sha384', 'sha512', 'sha3-256'].map(name => ({
    value: (key: Buffer, text: string) => createHmac(name, key).update(text).digest('hex'),
    finding: describeSignedHash(`The signature is HMAC with ${name}`),
  })),
]
