/** Finds `expires` and `sig` in a query, also under other names, in brackets, and repeated. */
import { decodeSegment } from '../../http/request-target'
import type { Finding } from './finding'

export interface LooseParameters {
  /** The first `MAX_VALUES` values, decoded. */
  readonly expires: readonly string[]
  readonly sigs: readonly string[]
  readonly findings: readonly Finding[]
}

/** More values would make the search too slow. */
const MAX_VALUES = 4

type Name = 'expires' | 'sig'

/** Their names in other systems. */
const ALIASES: Readonly<Record<Name, RegExp>> = {
  expires: /^(?:expires?|expiry|expiration|exp)$/i,
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
    return { expires: sigs, sigs: expires, findings }
  }
  return { expires, sigs, findings }
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
