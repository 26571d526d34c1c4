/** The texts and hash functions that a signer may have used instead of HMAC-SHA256 of `{id}|{expires}|{terms}`. */
import { createHash, createHmac, createSecretKey } from 'node:crypto'
import { macOf } from '../../signing/canonical'
import type { Choice, Finding } from './finding'

/** Makes the text that is signed of a link without terms. */
type PlainForm = (id: string, expires: string) => string

/** Makes the text that is signed. */
export type Form = (id: string, expires: string, terms: string) => string

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

/** Without terms. */
export const PLAIN_FORMS: readonly Choice<PlainForm>[] = [
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

const TERMS_EXPECTED = 'sign the id (* for several tracks), a |, expires, a | and the terms'

function describeTermsText(text: string): Finding {
  return { kind: 'signed-text', text: `${text}: ${TERMS_EXPECTED}` }
}

const MIXED_ORDER = describeTermsText(
  'In the signed text, the id, expires and the terms are in another order',
)
const MIXED_SEPARATORS = describeTermsText(
  'In the signed text, a | between the id, expires and the terms is missing or another',
)
const LINK_ITSELF = describeTermsText('The link itself was signed')

/** With terms. */
export const TERMS_FORMS: readonly Choice<Form>[] = [
  { value: (id, expires, terms) => `${id}|${expires}|${terms}` },
  { value: (id, expires, terms) => `${id}|${terms}|${expires}`, finding: MIXED_ORDER },
  { value: (id, expires, terms) => `${expires}|${id}|${terms}`, finding: MIXED_ORDER },
  { value: (id, expires, terms) => `${terms}|${id}|${expires}`, finding: MIXED_ORDER },
  { value: (id, expires, terms) => `${id}${expires}${terms}`, finding: MIXED_SEPARATORS },
  { value: (id, expires, terms) => `${id}|${expires}${terms}`, finding: MIXED_SEPARATORS },
  ...OTHER_SEPARATORS.flatMap(separator => [
    {
      value: (id: string, expires: string, terms: string) => [id, expires, terms].join(separator),
      finding: MIXED_SEPARATORS,
    },
    {
      value: (id: string, expires: string, terms: string) => `${id}|${expires}${separator}${terms}`,
      finding: MIXED_SEPARATORS,
    },
  ]),
  ...['terms=', 'terms|', 'terms.'].map(name => ({
    value: (id: string, expires: string, terms: string) => `${id}|${expires}|${name}${terms}`,
    finding: describeTermsText('The name of the parameter was signed before the terms'),
  })),
  ...['\n', '\r\n', ' ', '|'].map(end => ({
    value: (id: string, expires: string, terms: string) => `${id}|${expires}|${terms}${end}`,
    finding: describeTermsText(
      `The signed text ends with ${JSON.stringify(end)} (echo adds a line break, printf %s does not)`,
    ),
  })),
  { value: (id, expires, terms) => `${id}?expires=${expires}&terms=${terms}`, finding: LINK_ITSELF },
  { value: (id, expires, terms) => `${id}?terms=${terms}&expires=${expires}`, finding: LINK_ITSELF },
  { value: (id, _expires, terms) => `${id}|${terms}`, finding: describeTermsText('expires was not signed') },
  { value: (_id, _expires, terms) => terms, finding: describeTermsText('Only the terms were signed') },
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
