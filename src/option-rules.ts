/** What an option may be, and the words of its error. */

/** What an option must be: a predicate, and the words that complete "must be …". */
export interface OptionRule<T = unknown> {
  readonly accepts: (value: unknown) => value is T
  readonly expected: string
  /**
   * What is wrong with a value that is not accepted, and the likely remedy. It completes "must be …, got …"; undefined
   * if the value itself says enough.
   */
  readonly explain?: (value: unknown) => string | undefined
}

/** Milliseconds; a timer of Node that is to wait longer fires at once. */
export const LONGEST_TIMER = 2 ** 31 - 1

export const rules = {
  boolean: { accepts: (value): value is boolean => typeof value === 'boolean', expected: 'true or false' },
  count: { accepts: isWholeNumber, expected: 'a whole number, 0 or more' },
  seconds: { accepts: isWholeNumber, expected: 'a whole number of seconds, 0 or more' },
  milliseconds: { accepts: isWholeNumber, expected: 'a whole number of milliseconds, 0 or more' },
} satisfies Record<string, OptionRule>

/** @param returns what the function is for, such as `(id, context) => path` */
export function functionRule<F extends (...args: never) => unknown>(returns: string): OptionRule<F> {
  return {
    accepts: (value): value is F => typeof value === 'function',
    expected: `a function ${returns}`,
  }
}

export function oneOf<const T extends string>(...values: readonly T[]): OptionRule<T> {
  return {
    accepts: (value): value is T => values.some(known => known === value),
    expected: values.map(value => JSON.stringify(value)).join(' or '),
  }
}

/**
 * A list of one or more values that `element` accepts; an error names the one that it does not.
 *
 * @param expected what the list must be
 */
export function listOf<T>(element: OptionRule<T>, expected: string): OptionRule<readonly T[]> {
  // Unlike `every`, this visits the holes of a list.
  function findWrong(list: readonly unknown[]): number {
    return list.findIndex(each => !element.accepts(each))
  }

  return {
    accepts: (value): value is readonly T[] =>
      Array.isArray(value) && value.length > 0 && findWrong(value) === -1,
    expected,
    explain: value => {
      if (!Array.isArray(value)) return undefined
      if (value.length === 0) return 'an empty list'
      const list: readonly unknown[] = value
      const index = findWrong(list)
      return `${explain(element, list[index])}, number ${index + 1} of the list`
    },
  }
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** What is wrong with `value`, for after "got". */
export function explain(rule: OptionRule, value: unknown): string {
  return rule.explain?.(value) ?? describe(value)
}

/** How an error shows a wrong value: in full if it is short and plain, by its kind otherwise. */
export function describe(value: unknown): string {
  if (typeof value === 'string') return value.length <= 64 ? JSON.stringify(value) : 'a long string'
  if (typeof value === 'number' || typeof value === 'boolean' || value === null || value === undefined)
    return String(value)
  if (Array.isArray(value)) return 'an array'
  return `a value of type ${typeof value}`
}

function isWholeNumber(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}
