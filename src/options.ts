/**
 * Judges an options object once, when something is made. By hand, because a dozen predicates do not pay for a schema
 * library that would be larger than the rest of the package.
 */

/** An option that is wrong: `problem` completes a sentence that begins with the name of the option. */
export interface OptionError extends Error {
  readonly option: string
  /** Such as `must be a function, got 3`. */
  readonly problem: string
}

/**
 * A TypeError or RangeError that names an option, as fields too: a program that has another name for the option can
 * report the problem under its own.
 *
 * @param aim what cannot be done, such as `make rangeStream`
 */
export function optionError(
  Kind: TypeErrorConstructor | RangeErrorConstructor,
  aim: string,
  option: string,
  problem: string,
  details?: ErrorOptions,
): OptionError {
  return Object.assign(new Kind(`Cannot ${aim}: ${option} ${problem}`, details), { option, problem })
}

export function isOptionError(error: unknown): error is OptionError {
  return error instanceof Error && 'option' in error && 'problem' in error
}

/** What an option must be: a predicate, and the words that complete "must be …". */
export interface OptionRule {
  readonly accepts: (value: unknown) => boolean
  readonly expected: string
  /**
   * What is wrong with a value that is not accepted, and the likely remedy. It completes "must be …, got …"; undefined
   * when the value itself says enough.
   */
  readonly explain?: (value: unknown) => string | undefined
}

export const rules = {
  function: { accepts: value => typeof value === 'function', expected: 'a function' },
  count: { accepts: isWholeNumber, expected: 'a whole number, 0 or more' },
  seconds: { accepts: isWholeNumber, expected: 'a whole number of seconds, 0 or more' },
  milliseconds: { accepts: isWholeNumber, expected: 'a whole number of milliseconds, 0 or more' },
} satisfies Record<string, OptionRule>

export function oneOf(...values: readonly string[]): OptionRule {
  return {
    accepts: value => values.some(known => known === value),
    expected: values.map(quoted).join(' or '),
  }
}

/**
 * A list of one or more values that `element` accepts; an error names the one that it does not.
 *
 * @param expected what the list must be
 */
export function listOf(element: OptionRule, expected: string): OptionRule {
  // Unlike `every`, this visits the holes of a list.
  function findWrong(list: readonly unknown[]): number {
    return list.findIndex(each => !element.accepts(each))
  }

  return {
    accepts: value => Array.isArray(value) && value.length > 0 && findWrong(value) === -1,
    expected,
    explain: value => {
      if (!Array.isArray(value)) return undefined
      if (value.length === 0) return 'an empty list'
      const list: readonly unknown[] = value
      const index = findWrong(list)
      return `${got(element, list[index])}, number ${index + 1} of the list`
    },
  }
}

/**
 * A frozen copy of `options`, every field of which is known and right. `undefined` counts as absent.
 *
 * @throws TypeError that names the maker and the option
 */
export function judgeOptions<T extends object>(
  maker: string,
  options: unknown,
  expectations: Readonly<Record<keyof T & string, OptionRule>>,
): Readonly<Partial<T>> {
  if (!isRecord(options)) {
    throw new TypeError(`Cannot make ${maker}: options must be an object, got ${described(options)}`)
  }
  const known = new Map<string, OptionRule>(Object.entries(expectations))
  // Copied first, so that what is checked is what is used: a getter may return something else the second time.
  const settings = { ...options }
  for (const [name, value] of Object.entries(settings)) {
    const rule = known.get(name)
    if (rule === undefined) {
      throw new TypeError(
        `Cannot make ${maker}: unknown option ${quoted(name)}, known are ${[...known.keys()].join(', ')}`,
      )
    }
    if (value !== undefined && !rule.accepts(value)) {
      throw optionError(TypeError, `make ${maker}`, name, `must be ${rule.expected}, got ${got(rule, value)}`)
    }
  }
  return Object.freeze(settings) as Readonly<Partial<T>>
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function got(rule: OptionRule, value: unknown): string {
  return rule.explain?.(value) ?? described(value)
}

/** How a wrong value is shown: in full when it is short and plain, by its kind otherwise. */
export function described(value: unknown): string {
  if (typeof value === 'string') return value.length <= 64 ? quoted(value) : 'a long string'
  if (typeof value === 'number' || typeof value === 'boolean' || value === null || value === undefined)
    return String(value)
  if (Array.isArray(value)) return 'an array'
  return `a value of type ${typeof value}`
}

function quoted(text: string): string {
  return JSON.stringify(text)
}

function isWholeNumber(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0
}
