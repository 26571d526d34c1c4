/** Finds `expires` and `sig` in a query, whatever they are called and however often they occur. */
import { decodeSegment } from '../../http/request-target'
import type { Finding } from './finding'

export interface LooseParameters {
  /** The first few values, decoded; the signer's is among them if it is there at all. */
  readonly expires: readonly string[]
  readonly sigs: readonly string[]
  readonly findings: readonly Finding[]
}

/** Of more, the search would take longer than anyone waits. */
const MAX_VALUES = 4

type Name = 'expires' | 'sig'

/** What other systems call them. */
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
  const expires = valuesOf('expires', pairs, findings)
  const sigs = valuesOf('sig', pairs, findings)
  if (sigs.length === 0 && expires.length > 0) {
    findings.push({
      kind: 'parameter-missing',
      text: 'If you called this in a shell, write the link in quotes: an & ends a command',
    })
  }
  const [onlyExpires = ''] = expires
  const [onlySig = ''] = sigs
  if (/^[0-9a-f]{64}$/i.test(onlyExpires) && /^\d{1,16}$/.test(onlySig)) {
    findings.push({ kind: 'parameters-swapped', text: 'The values of expires and sig have changed places' })
    return { expires: sigs, sigs: expires, findings }
  }
  return { expires, sigs, findings }
}

/** As sent. A link may have thousands of them, so that none is decoded by what throws. */
function readPair(pair: string): Pair {
  const [name = ''] = pair.split('=', 1)
  return { name: decodeAscii(name), value: pair.slice(name.length + 1) }
}

/** Our names hold nothing else. */
function decodeAscii(name: string): string {
  return name.replace(/%([0-7][0-9a-f])/gi, (_, digits: string) => String.fromCharCode(parseInt(digits, 16)))
}

function valuesOf(name: Name, pairs: readonly Pair[], findings: Finding[]): readonly string[] {
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
      text: `${name} is written with brackets, as a list: write ${name}=`,
    })
  }
  if (named.length > 1) {
    findings.push({
      kind: 'parameter-repeated',
      text: `${name} occurs ${named.length} times: once is allowed`,
    })
  }
  const [other] = alike
  if (values.length === 0) findings.push({ kind: 'parameter-missing', text: `${name} is missing` })
  else if (named.length === 0 && other !== undefined) {
    findings.push({ kind: 'parameter-name', text: `The parameter is called ${name}, not ${other.name}` })
  }
  return values
}
