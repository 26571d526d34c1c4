/** Finds out what was signed by trying: first without a mistake, then with one mistake, then with two. */
import type { Choice, Finding } from './finding'
import type { Key } from './secret-choices'
import { HASHES, PLAIN_FORMS, TERMS_FORMS, type Form } from './signing-choices'
import type { SignedTerms } from './terms-choices'

export interface Suspects {
  /** The signatures in the link, in lower-case hexadecimal digits, perhaps truncated. */
  readonly sigs: readonly string[]
  readonly ids: readonly Choice<string>[]
  readonly expires: readonly Choice<string>[]
  readonly terms: readonly Choice<SignedTerms>[]
  readonly keys: readonly Choice<Key>[]
}

export interface Match {
  readonly id: string
  readonly expires: string
  /** Undefined if no terms were signed. */
  readonly terms: string | undefined
  readonly key: Key
  /** One for each mistake. */
  readonly findings: readonly Finding[]
}

export interface Search {
  readonly match: Match | undefined
  /** Whether all combinations were tried, if none matches. */
  readonly isComplete: boolean
}

/** Three mistakes at once are unlikely, and too many to try. */
const MAX_MISTAKES = 2

/**
 * Bytes to hash in total, which takes less than half a second. Each combination hashes its key and its text, and costs
 * as much as another 1 KiB. This is enough to try everything for a link of usual size and two secrets of 64 bytes.
 */
const MAX_HASHED = 64 * 1024 * 1024
const COST_OF_ATTEMPT = 1024

export function findSigned(suspects: Suspects): Search {
  let left = MAX_HASHED
  for (let mistakes = 0; mistakes <= MAX_MISTAKES; mistakes++) {
    for (const { key, id, form, hash, terms, expires } of generateAttempts(suspects, mistakes)) {
      const { text: termsText, subject = id.value } = terms.value
      const text = form.value(subject, expires.value, termsText ?? '')
      left -= COST_OF_ATTEMPT + key.value.bytes.length + text.length
      if (left < 0) return { match: undefined, isComplete: false }
      const digits = hash.value(key.value.bytes, text)
      if (!suspects.sigs.some(sig => digits.startsWith(sig))) continue
      const findings = [key, id, terms, form, hash, expires].flatMap(({ finding }) => finding ?? [])
      const match = { id: id.value, expires: expires.value, terms: termsText, key: key.value, findings }
      return { match, isComplete: true }
    }
  }
  return { match: undefined, isComplete: true }
}

/** What may have been signed, with which key and how. */
interface Attempt {
  readonly key: Choice<Key>
  readonly id: Choice<string>
  readonly form: Choice<Form>
  readonly hash: (typeof HASHES)[number]
  readonly terms: Choice<SignedTerms>
  readonly expires: Choice<string>
}

/** All combinations with exactly `mistakes` mistakes. */
function* generateAttempts({ ids, expires, terms, keys }: Suspects, mistakes: number): Generator<Attempt> {
  // Grouped once by their mistakes: there may be thousands, too many for the innermost loop to skip each time.
  const expiries = Array.from({ length: mistakes + 1 }, (_, left) =>
    expires.filter(choice => countMistakes(choice) === left),
  )
  for (const [key, afterKey] of filterByMistakes(keys, mistakes)) {
    for (const [signed, afterTerms] of filterByMistakes(terms, afterKey)) {
      const { text, subject } = signed.value
      // If no id was signed, one is enough.
      for (const [id, afterId] of filterByMistakes(
        subject === undefined ? ids : ids.slice(0, 1),
        afterTerms,
      )) {
        for (const [form, afterForm] of filterByMistakes(
          text === undefined ? PLAIN_FORMS : TERMS_FORMS,
          afterId,
        )) {
          for (const [hash, left] of filterByMistakes(HASHES, afterForm)) {
            for (const expiry of expiries[left] ?? []) {
              yield { key, id, form, hash, terms: signed, expires: expiry }
            }
          }
        }
      }
    }
  }
}

/** The choices with at most `left` mistakes, each with the number of mistakes that remain. */
function* filterByMistakes<T>(choices: readonly Choice<T>[], left: number): Generator<[Choice<T>, number]> {
  for (const choice of choices) {
    const after = left - countMistakes(choice)
    if (after >= 0) yield [choice, after]
  }
}

function countMistakes({ finding, mistakes = 1 }: Choice<unknown>): number {
  return finding === undefined ? 0 : mistakes
}
