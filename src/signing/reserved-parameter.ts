/** One reserved parameter of a query, however often it occurs and however it is encoded. */
import { decodePercent } from '../http/percent'

const PERCENT = 0x25
const EQUALS = 0x3d

/** Each byte may be written as `%XX`. */
const LONGEST_SPELLING = 3

export class ReservedParameter {
  readonly #name: SpelledName
  readonly #maxLength: number
  #first: string | undefined
  #count = 0
  #hasValue = false
  #isBracketed = false

  /** @param maxLength characters of a valid value; a longer one is not decoded */
  constructor(name: SpelledName, maxLength: number) {
    this.#name = name
    this.#maxLength = maxLength
  }

  /** @returns whether the pair from `start` to `end` is this parameter */
  offer(query: string, start: number, end: number): boolean {
    const nameEnd = skipName(query, start, this.#name)
    if (nameEnd === -1) return false
    if (nameEnd === end) {
      this.#take('')
      return true
    }
    if (query.charCodeAt(nameEnd) === EQUALS) {
      this.#take(query.slice(nameEnd + 1, end))
      return true
    }
    if (lengthOf(query, nameEnd, BRACKET) === 0) return false
    // Other parsers turn it into a list or an object.
    this.#isBracketed = true
    return true
  }

  #take(value: string): void {
    this.#first ??= value
    this.#count++
    this.#hasValue ||= value !== ''
  }

  get isAbsent(): boolean {
    return !this.#isBracketed && this.#count === 0
  }

  /** Absent, or without a value. */
  get isMissing(): boolean {
    return !this.#isBracketed && !this.#hasValue
  }

  get isSingle(): boolean {
    return !this.#isBracketed && this.#count === 1
  }

  /** The first value: decoded if it may be valid, as it was sent otherwise. */
  get text(): string | undefined {
    const value = this.#first
    if (value === undefined || value.length > this.#maxLength * LONGEST_SPELLING) return value
    return decodePercent(value) ?? value
  }
}

/** The index after `name`, each of its characters written as itself or as `%XX`; -1 if `query` has another name there. */
function skipName(query: string, start: number, name: SpelledName): number {
  let at = start
  for (const spelling of name) {
    const length = lengthOf(query, at, spelling)
    if (length === 0) return -1
    at += length
  }
  return at
}

/** The codes by which a character can be written: its own, or those of its two hexadecimal digits after a `%`. */
interface Spelling {
  readonly own: number
  readonly high: number
  readonly low: number
  /** Of the low digit as a capital letter. */
  readonly lowCapital: number
}

function spell(character: string): Spelling {
  const own = character.charCodeAt(0)
  const digits = own.toString(16)
  return {
    own,
    high: digits.charCodeAt(0),
    low: digits.charCodeAt(1),
    lowCapital: digits.toUpperCase().charCodeAt(1),
  }
}

/** A name in all its encodings. */
export type SpelledName = readonly Spelling[]

/** Called once for each name, not for each request. */
export function spellName(name: string): SpelledName {
  return Array.from(name, spell)
}

const BRACKET = spell('[')

/** The number of characters of `query` that encode the character at `at`: 1 or 3; 0 if it is another character. */
function lengthOf(query: string, at: number, { own, high, low, lowCapital }: Spelling): number {
  const code = query.charCodeAt(at)
  if (code === own) return 1
  if (code !== PERCENT || query.charCodeAt(at + 1) !== high) return 0
  const last = query.charCodeAt(at + 2)
  return last === low || last === lowCapital ? LONGEST_SPELLING : 0
}
