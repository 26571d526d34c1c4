/** What a signer may have signed in place of the terms of a link, and of its id. */
import { parseTerms } from '../../signing/terms'
import { decodeSegment } from '../../http/request-target'
import { SEVERAL_TRACKS } from '../../signing/canonical'
import { quote, type Choice, type Finding } from './finding'
import { explainGrammar, joinTerms, readLooseTerms, splitTerms, type TermPair } from './terms-text'

export interface SignedTerms {
  /** Undefined if no terms were signed. */
  readonly text: string | undefined
  /** What was signed in place of the id; undefined for an id. */
  readonly subject: string | undefined
}

export interface LooseTerms {
  readonly choices: readonly Choice<SignedTerms>[]
  readonly findings: readonly Finding[]
}

export const NO_TERMS: Choice<SignedTerms> = { value: { text: undefined, subject: undefined } }

/** A longer text is not searched: no signer makes it by a known mistake. */
const MAX_SEARCHED = 1024

/** More pairs than 40 ids and some others: no signer makes them, and leaving out each would be too many texts. */
const MAX_PAIRS = 48

/** More orders than these would be too many to try. */
const MAX_PERMUTED = 5

const SIGN_TERMS = 'sign the id, a |, expires, a | and the terms'

/** How other systems write pairs: between name and value, and between pairs. */
const OTHER_NOTATIONS = [
  ['=', '&'],
  ['=', '.'],
  ['=', ';'],
  ['=', ','],
  ['=', '~'],
  ['=', ' '],
  [':', ','],
  [':', '.'],
  ['.', '|'],
  ['.', ','],
  ['', ''],
  ['|', '|'],
] as const

export function readTerms(text: string): LooseTerms {
  const findings = [...explainGrammar(text)]
  const parsed = parseTerms(text)
  if (parsed.kind === 'terms' && parsed.unknown !== undefined) {
    const problem = `This version does not know the term ${quote(parsed.unknown)}, and refuses such a link`
    findings.push({ kind: 'term-unknown', text: problem })
  }
  return { choices: text.length > MAX_SEARCHED ? [] : listChoices(text), findings }
}

/** @param text made of parameters that have the names of terms */
export function readScattered(text: string): readonly Choice<SignedTerms>[] {
  if (text.length > MAX_SEARCHED) return []
  const value = { text, subject: subjectOf(splitTerms(text)) }
  return [{ value, finding: SCATTERED }]
}

function listChoices(text: string): readonly Choice<SignedTerms>[] {
  const pairs = splitTerms(text)
  const right = subjectOf(pairs)
  const choices: Choice<SignedTerms>[] = [{ value: { text, subject: right } }]
  const known = new Set([text])

  function add(finding: Finding, texts: readonly string[], mistakes?: number): void {
    for (const each of texts) {
      if (known.has(each)) continue
      known.add(each)
      const value = { text: each, subject: subjectOf(splitTerms(each)) ?? right }
      choices.push({ value, finding, ...(mistakes !== undefined && { mistakes }) })
    }
  }

  choices.push({ ...NO_TERMS, finding: NOT_SIGNED }, ...listSubjects(text, pairs, right))
  add(SIGNED_SORTED, [joinTerms(sortPairs(pairs)), joinTerms(sortIds(pairs))])
  add(SIGNED_ENCODED, [encodeURIComponent(Buffer.from(text).toString())])
  add(ENCODED_TWICE, [decodeSegment(text) ?? text])
  add(CASE_CHANGED, [text.toLowerCase()])
  add(TRAILING, [`${text}.`, `.${text}`, text.replace(/^\./, ''), text.replace(/\.$/, '')])
  for (const [between, joint] of OTHER_NOTATIONS) {
    const written = pairs.map(({ name, value }) => `${name}${between}${value}`).join(joint)
    add(describeNotation(between, joint), [written])
  }
  add(AS_JSON, [toJson(pairs, false), toJson(pairs, true)])
  if (pairs.length > MAX_PAIRS) return choices
  pairs.forEach((pair, at) => {
    add(describeAdded(pair), [joinTerms(pairs.filter((_, index) => index !== at))])
  })
  if (pairs.length <= MAX_PERMUTED) add(OTHER_ORDER, permute(pairs).map(joinTerms), 2)
  return choices
}

const OPENS_SEVERAL: readonly string[] = ['id', 'in', 'pre']

/** `*` for pairs that open several tracks, also if their values are wrong. */
function subjectOf(pairs: readonly TermPair[]): string | undefined {
  return pairs.some(({ name }) => OPENS_SEVERAL.includes(name)) ? SEVERAL_TRACKS : undefined
}

function listSubjects(
  text: string,
  pairs: readonly TermPair[],
  right: string | undefined,
): readonly Choice<SignedTerms>[] {
  if (right === undefined) {
    return [{ value: { text, subject: SEVERAL_TRACKS }, finding: SIGNED_STAR }]
  }
  const { tracks = [], prefix, set } = readLooseTerms(pairs)
  const names = [
    ...tracks,
    ...(prefix === undefined ? [] : [prefix, `${prefix}*`]),
    ...(set === undefined ? [] : [set]),
  ]
  return [undefined, ...names].map(subject => ({
    value: { text, subject },
    finding: describeSubject(subject),
  }))
}

function sortPairs(pairs: readonly TermPair[]): readonly TermPair[] {
  return [...pairs].sort((a, b) => compare(a.name, b.name))
}

/** Sorted with their values, as a signer does that sorts whole pairs. */
function sortIds(pairs: readonly TermPair[]): readonly TermPair[] {
  return [...pairs].sort((a, b) => compare(a.name, b.name) || compare(a.value, b.value))
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

function permute<T>(items: readonly T[]): readonly (readonly T[])[] {
  if (items.length <= 1) return [items]
  return items.flatMap((item, at) =>
    permute(items.filter((_, index) => index !== at)).map(others => [item, ...others]),
  )
}

function toJson(pairs: readonly TermPair[], hasNumbers: boolean): string {
  return JSON.stringify(
    Object.fromEntries(
      pairs.map(({ name, value }) => [name, hasNumbers && /^\d{1,15}$/.test(value) ? Number(value) : value]),
    ),
  )
}

const NOT_SIGNED: Finding = {
  kind: 'terms-not-signed',
  text:
    'Only the id and expires were signed: the terms were added after signing, or the signer leaves them out. ' +
    `With terms, ${SIGN_TERMS}`,
}

const SCATTERED: Finding = {
  kind: 'terms-parameters',
  text: 'The terms are parameters of their own: write them as the one parameter terms, as they were signed',
}

const SIGNED_STAR: Finding = {
  kind: 'signed-text',
  text: 'The signed text has * in place of the id, but the terms open one track: sign the id',
}

function describeSubject(subject: string | undefined): Finding {
  const what = subject === undefined ? 'the id' : quote(subject)
  return {
    kind: 'signed-text',
    text: `The signed text has ${what} in place of *, but the terms open several tracks: sign *, a |, expires, a | and the terms`,
  }
}

function describeTerms(text: string): Finding {
  return { kind: 'terms-signed-text', text }
}

const SIGNED_SORTED = describeTerms(
  'The signed terms are in another order than those in the link: sort them, and write the text that was signed into the link',
)
const OTHER_ORDER = describeTerms(
  'The signed terms are in another order than those in the link: sort them by name, sign that text, and write the same text into the link',
)
const SIGNED_ENCODED = describeTerms(
  'The percent-encoded terms were signed: sign them decoded, then encode them',
)
const ENCODED_TWICE = describeTerms('Percent-encode the terms once, not twice')
const CASE_CHANGED = describeTerms('Upper and lower case of the terms were changed after signing')
const TRAILING = describeTerms(
  'A full stop at the start or the end of the terms was added or lost after signing',
)
const AS_JSON = describeTerms('JSON of the terms was signed: sign the text that is in the link')

function describeNotation(between: string, joint: string): Finding {
  return describeTerms(
    `The signed terms have ${JSON.stringify(between)} between name and value, and ${JSON.stringify(joint)} between pairs: ` +
      'sign the text that is in the link',
  )
}

function describeAdded({ name, value }: TermPair): Finding {
  return {
    kind: 'terms-added',
    text: `The term ${quote(`${name}.${value}`)} is not signed: it was added after signing`,
  }
}
