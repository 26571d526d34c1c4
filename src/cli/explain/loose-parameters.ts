/** Finds `expires`, `terms` and `sig` in a query, also under other names, in brackets, and repeated. */
import { decodeSegment } from '../../http/request-target'
import { TERMS } from '../../signing/term-values'
import { joinTerms } from './terms-text'
import type { Finding } from './finding'

export interface LooseParameters {
  /** The first `MAX_VALUES` values, decoded. */
  readonly expires: readonly string[]
  /** Empty for a link without terms. */
  readonly terms: readonly string[]
  /** Terms that are parameters of their own, as one text; undefined if there are none. */
  readonly scattered: string | undefined
  readonly sigs: readonly string[]
  readonly findings: readonly Finding[]
}

/** More values would make the search too slow. */
const MAX_VALUES = 4

type Name = 'expires' | 'terms' | 'sig'

/** Their names in other systems. */
const ALIASES: Readonly<Record<Name, RegExp>> = {
  expires: /^(?:expires?|expiry|expiration|exp)$/i,
  terms: /^(?:terms?|policy|claims)$/i,
  sig: /^(?:sig|signature|sign|hmac|mac|token|hash)$/i,
}

interface Pair {
  readonly name: string
  readonly value: string
}

export function readParameters(query: string): LooseParameters {
  const pairs = query.split('&').map(readPair)
  const findings: Finding[] = []
  const expires = findValues('expires', pairs, findings)
  const terms = findTerms(pairs, findings)
  const scattered = terms.length === 0 ? joinScattered(pairs) : undefined
  const sigs = findValues('sig', pairs, findings)
  if (sigs.length === 0 && expires.length > 0) {
    findings.push({
      kind: 'parameter-missing',
      text: 'If you pasted the link into a shell, write it in quotes: an & ends a command',
    })
  }
  const [onlyExpires = ''] = expires
  const [onlySig = ''] = sigs
  if (/^[0-9a-f]{64}$/i.test(onlyExpires) && /^\d{1,16}$/.test(onlySig)) {
    findings.push({ kind: 'parameters-swapped', text: 'Swap the values of expires and sig' })
    return { expires: sigs, terms, scattered, sigs: expires, findings }
  }
  return { expires, terms, scattered, sigs, findings }
}

/** The value is not decoded here: a link may have thousands of pairs, and decoding may throw for each. */
function readPair(pair: string): Pair {
  const [name = ''] = pair.split('=', 1)
  return { name: decodeAscii(name), value: pair.slice(name.length + 1) }
}

/** Decodes `%XX` only for ASCII, because our names contain nothing else. */
function decodeAscii(name: string): string {
  return name.replace(/%([0-7][0-9a-f])/gi, (_, digits: string) => String.fromCharCode(parseInt(digits, 16)))
}

/** A link may have none, and apps have parameters with names like ours: those count only if they hold terms. */
function findTerms(pairs: readonly Pair[], findings: Finding[]): readonly string[] {
  const named = pairs.filter(isTerms)
  if (named.length > 0 && named.every(({ value }) => value === '')) {
    findings.push({ kind: 'terms-empty', text: 'terms is empty: remove it, or write the terms' })
    return []
  }
  const candidates = pairs.filter(pair => isTerms(pair) || /^[a-z][a-z\d]{0,7}\./.test(pair.value))
  return candidates.some(pair => isTerms(pair) || ALIASES.terms.test(pair.name))
    ? findValues('terms', candidates, findings)
    : []
}

function isTerms({ name }: Pair): boolean {
  return name === 'terms' || name.startsWith('terms[')
}

const TERM_NAMES: ReadonlySet<string> = new Set(TERMS.map(({ name }) => name))

function joinScattered(pairs: readonly Pair[]): string | undefined {
  const found = pairs
    .filter(({ name }) => TERM_NAMES.has(name))
    .slice(0, TERM_NAMES.size)
    .map(({ name, value }) => ({ name, value: decodeSegment(value) ?? value }))
    .sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0))
  return found.length === 0 ? undefined : joinTerms(found)
}

function findValues(name: Name, pairs: readonly Pair[], findings: Finding[]): readonly string[] {
  const exact = pairs.filter(pair => pair.name === name)
  const bracketed = pairs.filter(pair => pair.name.startsWith(`${name}[`))
  const alike = pairs.filter(pair => ALIASES[name].test(pair.name))
  const named = [...exact, ...bracketed]
  const values = (named.length > 0 ? named : alike)
    .filter(({ value }) => value !== '')
    .slice(0, MAX_VALUES)
    .map(({ value }) => decodeSegment(value) ?? value)
  if (bracketed.length > 0) {
    findings.push({
      kind: 'parameter-bracketed',
      text: `Write ${name}= without brackets`,
    })
  }
  if (named.length > 1) {
    findings.push({
      kind: 'parameter-repeated',
      text: `${name} occurs ${named.length} times: keep only one`,
    })
  }
  const [other] = alike
  if (values.length === 0) findings.push({ kind: 'parameter-missing', text: `${name} is missing` })
  else if (named.length === 0 && other !== undefined) {
    findings.push({ kind: 'parameter-name', text: `Rename the parameter ${other.name} to ${name}` })
  }
  return values
}
