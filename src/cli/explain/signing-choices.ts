/** Which text a signer may have signed, and by which function, where that is not HMAC-SHA256 of `{id}|{expires}`. */
import { createHash, createHmac, createSecretKey } from 'node:crypto'
import { macOf } from '../../signing/canonical'
import type { Choice, Finding } from './finding'

/** The text signed. */
export type Form = (id: string, expires: string) => string

/** @returns hexadecimal digits */
export type Hash = (key: Buffer, text: string) => string

const EXPECTED = 'it must be the id, a |, and expires'

/** Between the two, in signers of other systems. */
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

function signedText(text: string): Finding {
  return { kind: 'signed-text', text: `${text}: ${EXPECTED}` }
}

export const FORMS: readonly Choice<Form>[] = [
  { value: (id, expires) => `${id}|${expires}` },
  {
    value: (id, expires) => `${id}${expires}`,
    finding: signedText('The signed text lacks the | between id and expires'),
  },
  {
    value: (id, expires) => `${expires}|${id}`,
    finding: signedText('In the signed text, id and expires have changed places'),
  },
  {
    value: (id, expires) => `${expires}${id}`,
    finding: signedText('In the signed text, id and expires have changed places, and the | is lacking'),
  },
  ...['\n', '\r\n', ' ', '|'].map(end => ({
    value: (id: string, expires: string) => `${id}|${expires}${end}`,
    finding: signedText(
      `The signed text goes on with ${JSON.stringify(end)}, as echo adds a line break (printf %s does not)`,
    ),
  })),
  ...OTHER_SEPARATORS.map(separator => ({
    value: (id: string, expires: string) => `${id}${separator}${expires}`,
    finding: signedText(`The signed text has ${JSON.stringify(separator)} between id and expires`),
  })),
  {
    value: (id, expires) => `${id}?expires=${expires}`,
    finding: signedText('The link itself was signed'),
  },
  { value: id => id, finding: signedText('The id alone was signed, so that the link would never expire') },
]

function signedHash(text: string): Finding {
  return { kind: 'signed-hash', text: `${text}: it must be HMAC-SHA256 with the secret as its key` }
}

export const HASHES: readonly Choice<Hash>[] = [
  { value: (key, text) => macOf(createSecretKey(key), text).toString('hex') },
  {
    value: (key, text) => createHmac('sha256', text).update(key).digest('hex'),
    finding: signedHash('The signer gives the text as the key and the secret as the text'),
  },
  {
    value: (key, text) => createHash('sha256').update(key).update(text).digest('hex'),
    finding: signedHash('The signature is SHA-256 of the secret and the text'),
  },
  {
    value: (key, text) => createHash('sha256').update(text).update(key).digest('hex'),
    finding: signedHash('The signature is SHA-256 of the text and the secret'),
  },
  ...['md5', 'sha1', 'sha224', 'sha384', 'sha512', 'sha3-256'].map(name => ({
    value: (key: Buffer, text: string) => createHmac(name, key).update(text).digest('hex'),
    finding: signedHash(`The signature is HMAC with ${name}`),
  })),
]
