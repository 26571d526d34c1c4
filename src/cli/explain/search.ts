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

/** Three at once are too many to try, and too many to be likely. */
const MAX_MISTAKES = 2

export function findSigned(suspects: Suspects): Match | undefined {
  for (let mistakes = 0; mistakes <= MAX_MISTAKES; mistakes++) {
    const match = findWith(suspects, mistakes)
    if (match !== undefined) return match
  }
  return undefined
}

function findWith({ sigs, ids, expires, keys }: Suspects, mistakes: number): Match | undefined {
  for (const [key, afterKey] of affordable(keys, mistakes)) {
    for (const [id, afterId] of affordable(ids, afterKey)) {
      for (const [form, afterForm] of affordable(FORMS, afterId)) {
        for (const [hash, afterHash] of affordable(HASHES, afterForm)) {
          for (const [expiry, left] of affordable(expires, afterHash)) {
            if (left > 0) continue
            const digits = hash.value(key.value.bytes, form.value(id.value, expiry.value))
            if (!sigs.some(sig => digits.startsWith(sig))) continue
            const findings = [key, id, form, hash, expiry].flatMap(({ finding }) => finding ?? [])
            return { id: id.value, expires: expiry.value, key: key.value, findings }
          }
        }
      }
    }
  }
  return undefined
}

/** The choices that `left` mistakes allow, with how many are left after each. */
function* affordable<T>(choices: readonly Choice<T>[], left: number): Generator<[Choice<T>, number]> {
  for (const choice of choices) {
    const after = choice.finding === undefined ? left : left - (choice.mistakes ?? 1)
    if (after >= 0) yield [choice, after]
  }
}
