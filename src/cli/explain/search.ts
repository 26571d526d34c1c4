/** Finds what was signed, by trying: the likeliest reading first, then readings with one mistake, then with two. */
import type { Choice, Finding } from './finding'
import type { Key } from './secret-choices'
import { FORMS, HASHES } from './signing-choices'

export interface Suspects {
  /** Signatures as presented, lower-case hexadecimal digits, perhaps cut off. */
  readonly sigs: readonly string[]
  readonly ids: readonly Choice<string>[]
  readonly expires: readonly Choice<string>[]
  readonly keys: readonly Choice<Key>[]
}

export interface Match {
  readonly id: string
  readonly expires: string
  readonly key: Key
  /** The mistakes, by which the link differs from a right one. */
  readonly findings: readonly Finding[]
}

export interface Search {
  readonly match: Match | undefined
  /** Whether all readings were tried, if none matches. */
  readonly isComplete: boolean
}

/** Three at once are too many to try, and too many to be likely. */
const MAX_MISTAKES = 2

/**
 * Bytes that are hashed in all, under half a second. Each reading hashes its key and its text, and costs as much as
 * 1 KiB besides: a link of the usual size and two secrets of 64 bytes have them all tried.
 */
const MAX_HASHED = 64 * 1024 * 1024
const COST_OF_READING = 1024

export function findSigned(suspects: Suspects): Search {
  let left = MAX_HASHED
  for (let mistakes = 0; mistakes <= MAX_MISTAKES; mistakes++) {
    for (const { key, id, form, hash, expires } of readings(suspects, mistakes)) {
      const text = form.value(id.value, expires.value)
      left -= COST_OF_READING + key.value.bytes.length + text.length
      if (left < 0) return { match: undefined, isComplete: false }
      const digits = hash.value(key.value.bytes, text)
      if (!suspects.sigs.some(sig => digits.startsWith(sig))) continue
      const findings = [key, id, form, hash, expires].flatMap(({ finding }) => finding ?? [])
      return { match: { id: id.value, expires: expires.value, key: key.value, findings }, isComplete: true }
    }
  }
  return { match: undefined, isComplete: true }
}

interface Reading {
  readonly key: Choice<Key>
  readonly id: Choice<string>
  readonly form: (typeof FORMS)[number]
  readonly hash: (typeof HASHES)[number]
  readonly expires: Choice<string>
}

/** What may have been signed, with exactly so many mistakes. */
function* readings({ ids, expires, keys }: Suspects, mistakes: number): Generator<Reading> {
  // By what they cost, as there may be thousands, which the innermost loop would pass over each time.
  const expiries = Array.from({ length: mistakes + 1 }, (_, left) =>
    expires.filter(choice => costOf(choice) === left),
  )
  for (const [key, afterKey] of affordable(keys, mistakes)) {
    for (const [id, afterId] of affordable(ids, afterKey)) {
      for (const [form, afterForm] of affordable(FORMS, afterId)) {
        for (const [hash, left] of affordable(HASHES, afterForm)) {
          for (const expiry of expiries[left] ?? []) yield { key, id, form, hash, expires: expiry }
        }
      }
    }
  }
}

/** The choices that `left` mistakes allow, with how many are left after each. */
function* affordable<T>(choices: readonly Choice<T>[], left: number): Generator<[Choice<T>, number]> {
  for (const choice of choices) {
    const after = left - costOf(choice)
    if (after >= 0) yield [choice, after]
  }
}

function costOf({ finding, mistakes = 1 }: Choice<unknown>): number {
  return finding === undefined ? 0 : mistakes
}
