/** Reads terms that may not be in the grammar, and says which pair is wrong and why. */
import { isTooLong, MAX_TERMS_LENGTH, parseTerms, type LinkTerms } from '../../signing/terms'
import { readTerm, TERMS, type TermName } from '../../signing/term-values'
import { quote, type Finding } from './finding'

export interface TermPair {
  readonly name: string
  readonly value: string
}

/** Findings about one text. */
const MAX_FINDINGS = 4

/** The terms of values that are written in another way than the option of the signer. */
const WRITTEN: Readonly<Partial<Record<TermName, string>>> = {
  as: 'the base64url (UTF-8, without padding) of a file name of at most 200 bytes, without controls, "/" and "\\"',
  id: 'a track id, of at most 40',
  ip4: 'the first 3 or 4 bytes of an IPv4 address as 6 or 8 lower-case hexadecimal digits',
  ip6: 'the first 6, 7 or 8 bytes of an IPv6 address as 12, 14 or 16 lower-case hexadecimal digits',
}

const EXPECTED: ReadonlyMap<string, string> = new Map(
  TERMS.map(({ name, expected }) => [name, WRITTEN[name] ?? expected]),
)

/** The pairs of a text, whatever they hold; a last name without a value has an empty one. */
export function splitTerms(text: string): readonly TermPair[] {
  const parts = text.split('.')
  return parts.flatMap((name, at) => (at % 2 === 0 ? [{ name, value: parts[at + 1] ?? '' }] : []))
}

export function joinTerms(pairs: readonly TermPair[]): string {
  return pairs.map(({ name, value }) => `${name}.${value}`).join('.')
}

/** Why no server accepts the text; empty if it is in the grammar. */
export function explainGrammar(text: string): readonly Finding[] {
  if (parseTerms(text).kind === 'terms') return []
  if (isTooLong(text)) return [malformed(`The terms are longer than ${MAX_TERMS_LENGTH} characters`)]
  const pairs = splitTerms(text)
  if (text.split('.').length % 2 !== 0) return [malformed(describeOdd(text, pairs))]
  const problems = [...pairs.flatMap((pair, at) => findProblem(pair, pairs.slice(0, at)) ?? [])]
  if (problems.length === 0) problems.push('The term uses needs the term jti, the name of the link')
  return problems.slice(0, MAX_FINDINGS).map(malformed)
}

function malformed(text: string): Finding {
  return { kind: 'terms-malformed', text }
}

function describeOdd(text: string, pairs: readonly TermPair[]): string {
  const form = 'write name.value pairs, joined by a full stop, such as iat.1609455600.sub.u42'
  if (!text.includes('.')) return `${quote(text)} are no terms: ${form}`
  const wrong = pairs.find(({ name }) => !EXPECTED.has(name))
  const place = wrong === undefined || wrong.name === '' ? '' : `, perhaps at ${quote(wrong.name)}`
  return `A name or a value of the terms is missing, or a value has a full stop${place}: ${form}`
}

/** @param before the pairs before it */
function findProblem({ name, value }: TermPair, before: readonly TermPair[]): string | undefined {
  const pair = quote(`${name}.${value}`)
  if (!/^[a-z][a-z\d]{0,7}$/.test(name)) {
    const meant = EXPECTED.has(name.toLowerCase()) ? `: write ${name.toLowerCase()}` : ''
    return `In ${pair}, the name must be a letter and up to 7 letters or digits in lower case${meant}`
  }
  const former = before.at(-1)?.name ?? ''
  if (name !== 'id' && before.some(other => other.name === name))
    return `The term ${name} occurs twice: keep one`
  if (name < former)
    return `The pair ${pair} must come before ${quote(former)}: sort the pairs by their names`
  const expected = EXPECTED.get(name)
  if (expected === undefined) {
    return value === '' ? `The term ${quote(name)} has no value` : undefined
  }
  return isValue(name, value) ? undefined : `In ${pair}, the value must be ${expected}`
}

function isValue(name: string, value: string): boolean {
  return parseTerms(name === 'uses' ? `jti.x.uses.${value}` : `${name}.${value}`).kind === 'terms'
}

/** What a text says of the terms that it has right, in whatever order. */
export function readLooseTerms(pairs: readonly TermPair[]): LinkTerms {
  return pairs.reduce<LinkTerms>((terms, { name, value }) => {
    const known = TERMS.find(term => term.name === name)
    return { ...terms, ...(known && readTerm(known.name, value, terms)) }
  }, {})
}
