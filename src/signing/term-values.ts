/** The values of the terms of a link: what each may be, read from its text and written to it. */
import { Buffer } from 'node:buffer'
import { isTrackId } from '../track-id'
import type { LinkTerms } from './terms'

/** Seconds. */
export const LONGEST_SESSION = 86_400
export const MAX_STREAMS = 99
export const MAX_USES = 9999
export const MAX_TRACKS = 40
const MAX_SUBJECT = 64
const MAX_NAME_BYTES = 200

interface Term<Name extends string> {
  readonly name: Name
  /** Of the signer. */
  readonly option: string
  /** Completes "must be". */
  readonly expected: string
  /** The fields that the term sets, given those before it; undefined for a value outside its grammar. */
  readonly read: (value: string, terms: LinkTerms) => LinkTerms | undefined
  /** The values of the term in `terms`. */
  readonly write: (terms: LinkTerms) => readonly string[]
}

export type TermName =
  | 'as'
  | 'iat'
  | 'id'
  | 'in'
  | 'ip4'
  | 'ip6'
  | 'jti'
  | 'kid'
  | 'nbf'
  | 'pre'
  | 'ses'
  | 'streams'
  | 'sub'
  | 'uses'

/** Every term, in the order in which a link names them. */
export const TERMS: readonly Term<TermName>[] = [
  {
    name: 'as',
    option: 'downloadName',
    expected: `a file name of at most ${MAX_NAME_BYTES} bytes, without controls, "/" and "\\"`,
    read: value => {
      const downloadName = decodeFileName(value)
      return downloadName === undefined ? undefined : { downloadName }
    },
    write: ({ downloadName }) =>
      downloadName === undefined ? [] : [Buffer.from(downloadName).toString('base64url')],
  },
  number('iat', 'signedAt', Number.MAX_SAFE_INTEGER, 'seconds since the epoch'),
  {
    name: 'id',
    option: 'tracks',
    expected: `1 to ${MAX_TRACKS} track ids`,
    read: (value, { tracks = [] }) =>
      isTrackId(value) && tracks.length < MAX_TRACKS ? { tracks: [...tracks, value] } : undefined,
    write: ({ tracks = [] }) => tracks,
  },
  text('in', 'set', isSubject, `1 to ${MAX_SUBJECT} characters of a track id`),
  network('ip4', /^(?:[\da-f]{6}|[\da-f]{8})$/),
  network('ip6', /^(?:[\da-f]{12}|[\da-f]{14}|[\da-f]{16})$/),
  text('jti', 'linkId', value => /^[\w-]{1,32}$/.test(value), '1 to 32 of A-Z, a-z, 0-9, "_" and "-"'),
  text('kid', 'keyId', isKeyId, '1 to 16 of a-z and 0-9'),
  number('nbf', 'notBefore', Number.MAX_SAFE_INTEGER, 'seconds since the epoch'),
  text(
    'pre',
    'prefix',
    value => isTrackId(value) && /^..+$/u.test(value) && /[_-]$/.test(value),
    'the beginning of a track id, of 2 or more characters, that ends in "-" or "_"',
  ),
  number('ses', 'playFor', LONGEST_SESSION, `a number of seconds up to ${LONGEST_SESSION}`),
  count('streams', MAX_STREAMS),
  text('sub', 'listener', isSubject, `1 to ${MAX_SUBJECT} characters of a track id`),
  count('uses', MAX_USES),
]

const readers = new Map(TERMS.map(({ name, read }) => [name, read]))

/** @param terms those before it */
export function readTerm(name: TermName, value: string, terms: LinkTerms): LinkTerms | undefined {
  return readers.get(name)?.(value, terms)
}

type FieldsOf<T> = {
  [Field in keyof LinkTerms]-?: Exclude<LinkTerms[Field], undefined> extends T ? Field : never
}[keyof LinkTerms]

function text(
  name: TermName,
  field: FieldsOf<string>,
  accepts: (value: string) => boolean,
  expected: string,
): Term<TermName> {
  return {
    name,
    option: field,
    expected,
    read: value => (accepts(value) ? { [field]: value } : undefined),
    write: terms => toList(terms[field]),
  }
}

function number(name: TermName, field: FieldsOf<number>, max: number, expected: string): Term<TermName> {
  return {
    name,
    option: field,
    expected,
    read: value => {
      const read = readNumber(value, max)
      return read === undefined ? undefined : { [field]: read }
    },
    write: terms => toList(terms[field]),
  }
}

function count(name: 'streams' | 'uses', max: number): Term<TermName> {
  const term = number(name, name, max, `a whole number, 1 to ${max}`)
  return { ...term, read: (value, terms) => (value === '0' ? undefined : term.read(value, terms)) }
}

function network(name: 'ip4' | 'ip6', pattern: RegExp): Term<TermName> {
  return {
    name,
    option: 'network',
    expected: 'an address or a network',
    read: (value, terms) =>
      pattern.test(value) ? { network: { ...terms.network, [name]: value } } : undefined,
    write: ({ network: given }) => toList(given?.[name]),
  }
}

function toList(value: string | number | undefined): readonly string[] {
  return value === undefined ? [] : [String(value)]
}

/** One spelling of each number, as for `expires`. */
function readNumber(value: string, max: number): number | undefined {
  if (!/^(?:0|[1-9]\d{0,15})$/.test(value)) return undefined
  const read = Number(value)
  return read <= max ? read : undefined
}

export function isKeyId(value: unknown): value is string {
  return typeof value === 'string' && /^[a-z\d]{1,16}$/.test(value)
}

function isSubject(value: string): boolean {
  return isTrackId(value) && Array.from(value).length <= MAX_SUBJECT
}

/** `value` as the base64url of a name that needs no cleaning; one spelling, so without padding or stray bits. */
function decodeFileName(value: string): string | undefined {
  const bytes = Buffer.from(value, 'base64url')
  const name = bytes.toString()
  const isCanonical = bytes.toString('base64url') === value && Buffer.from(name).equals(bytes)
  return isCanonical && bytes.length <= MAX_NAME_BYTES && !/[/\\\p{Cc}]/u.test(name) ? name : undefined
}
