/** The terms of a link from the options of a signer. Rejects what no verifier would accept, by the name of the option. */
import { isIPv4, isIPv6 } from 'node:net'
import { addressDigits } from '../http/client-network'
import { describe } from '../option-rules'
import { optionError, type OptionError } from '../options'
import { parseDuration } from './duration'
import {
  isTooLong,
  formatTerms,
  MAX_TERMS_LENGTH,
  parseTerms,
  type LinkNetwork,
  type LinkTerms,
} from './terms'
import { LONGEST_SESSION, TERMS } from './term-values'

/** What a link allows besides one track until one time. */
export interface TermOptions {
  /** The name of the link, by which it can be revoked: 1 to 32 of A-Z, a-z, 0-9, `_` and `-`. */
  readonly linkId?: string | undefined
  /** A pseudonym of the person for whom it is signed, 1 to 64 characters of a track id. It stands in URLs and logs. */
  readonly listener?: string | undefined
  /** The first second, since the epoch, at which it is valid. */
  readonly notBefore?: number | undefined
  /**
   * How long after its expiry a listener who began in time may continue: seconds up to 86400, a text such as `'4h'`, or
   * the length of the track in seconds, for which pauses are added: twice the length and half an hour.
   */
  readonly playFor?: number | string | { readonly trackLength: number } | undefined
  /** How many listeners may begin, 1 to 9999. */
  readonly uses?: number | undefined
  /** How many may listen at a time, 1 to 99: of one `listener`, or of the link if it names none. */
  readonly streams?: number | undefined
  /** The name under which clients save the track, in place of playing it. */
  readonly downloadName?: string | undefined
  /** The ids that it opens, up to 40. */
  readonly tracks?: readonly string[] | undefined
  /** It opens all tracks whose id begins with this: two or more characters, the last `-` or `_`. */
  readonly prefix?: string | undefined
  /** It opens the tracks of this set, by the option `sets` of `createLinks`. */
  readonly set?: string | undefined
  /** The network that may use it: one address or network of each family, such as `192.0.2.0/24` or `2001:db8::/48`. */
  readonly network?: string | readonly string[] | undefined
}

export const TERM_OPTIONS = [
  'linkId',
  'listener',
  'notBefore',
  'playFor',
  'uses',
  'streams',
  'downloadName',
  'tracks',
  'prefix',
  'set',
  'network',
] as const satisfies readonly (keyof TermOptions)[]

/** Seconds of pauses that a listener may make. */
const PAUSES = 1800

export interface WrittenTerms {
  /** As they are signed. */
  readonly text: string
  /** As a verifier reads that text. */
  readonly terms: LinkTerms
}

/**
 * @param fixed terms that no option sets
 * @throws TypeError or RangeError that names the option
 */
export function writeTerms(options: TermOptions, fixed: LinkTerms): WrittenTerms {
  const { playFor, network, ...others } = options
  const given = Object.fromEntries(Object.entries(others).filter(([, value]) => value !== undefined))
  const terms: LinkTerms = {
    ...given,
    ...fixed,
    ...(playFor !== undefined && { playFor: readPlayFor(playFor) }),
    ...(network !== undefined && { network: readNetworks(network) }),
  }
  for (const term of TERMS) {
    // The signer of a program in JavaScript may get anything.
    const values = checkedValues(term, terms)
    let read: LinkTerms | undefined = {}
    for (const value of values) read = read && term.read(value, read)
    if (read === undefined)
      throw wrong(term.option, `must be ${term.expected}, got ${shown(terms, term.option)}`)
  }
  if (terms.uses !== undefined && terms.linkId === undefined) throw wrong('uses', 'needs a linkId')
  const text = formatTerms(terms) ?? ''
  if (isTooLong(text)) {
    throw wrong('terms', `have more than ${MAX_TERMS_LENGTH} characters; name fewer tracks, or a set`)
  }
  const parsed = parseTerms(text)
  if (parsed.kind === 'malformed') throw wrong('terms', 'do not fit together')
  return { text, terms: parsed.terms }
}

function checkedValues(
  { option, expected, write }: (typeof TERMS)[number],
  terms: LinkTerms,
): readonly string[] {
  const value: unknown = terms[option as keyof LinkTerms]
  if (option === 'tracks' && value !== undefined) {
    const isList = Array.isArray(value) && value.length > 0
    if (!isList) throw wrong(option, `must be ${expected}, got ${describe(value)}`)
  } else if (option !== 'network' && value !== undefined && !['string', 'number'].includes(typeof value)) {
    throw wrong(option, `must be ${expected}, got ${describe(value)}`)
  }
  return write(terms)
}

function shown(terms: LinkTerms, option: string): string {
  return describe(terms[option as keyof LinkTerms])
}

function readPlayFor(value: unknown): number {
  const seconds = secondsOf(value)
  if (Number.isSafeInteger(seconds) && (seconds as number) >= 0 && (seconds as number) <= LONGEST_SESSION) {
    return seconds as number
  }
  throw wrong(
    'playFor',
    `must be a number of seconds up to ${LONGEST_SESSION}, a text such as "4h", or { trackLength }, got ${describe(value)}`,
  )
}

function secondsOf(value: unknown): unknown {
  if (typeof value === 'string') return parseDuration(value)
  if (typeof value !== 'object' || value === null || !('trackLength' in value)) return value
  const length = value.trackLength
  if (typeof length !== 'number' || !(length >= 0)) return undefined
  return Math.min(LONGEST_SESSION, Math.ceil(2 * length) + PAUSES)
}

const EXPECTED_NETWORK =
  'must be an address or a network of whole bytes, one for each family: IPv4 /24 or /32, IPv6 /48, /56 or /64'

function readNetworks(value: unknown): LinkNetwork {
  const list: readonly unknown[] = Array.isArray(value) ? value : [value]
  const networks = list.map(readNetwork)
  const families = networks.flatMap(network => Object.keys(network))
  if (networks.length === 0 || new Set(families).size < networks.length) {
    throw wrong('network', `${EXPECTED_NETWORK}, got ${describe(value)}`)
  }
  return Object.assign({}, ...networks) as LinkNetwork
}

const PREFIXES: Readonly<Record<'ip4' | 'ip6', readonly number[]>> = { ip4: [32, 24], ip6: [64, 56, 48] }

function readNetwork(value: unknown): LinkNetwork {
  const [address = '', length, ...rest] = typeof value === 'string' ? value.split('/') : []
  const isAddress = isIPv4(address) || isIPv6(address)
  const [[family, digits] = []] = isAddress ? Object.entries(addressDigits(address)) : []
  if ((family !== 'ip4' && family !== 'ip6') || typeof digits !== 'string' || rest.length > 0) {
    throw wrong('network', `${EXPECTED_NETWORK}, got ${describe(value)}`)
  }
  const bits = PREFIXES[family].find(each => length === undefined || String(each) === length)
  // A whole IPv6 address changes daily: its provider's network of 64 bits is what stays.
  const isWholeIpv6 = family === 'ip6' && length === '128'
  if (bits === undefined && !isWholeIpv6)
    throw wrong('network', `${EXPECTED_NETWORK}, got ${describe(value)}`)
  return { [family]: digits.slice(0, (bits ?? 64) / 4) }
}

function wrong(option: string, problem: string): OptionError {
  return optionError(RangeError, 'sign', option, problem)
}
