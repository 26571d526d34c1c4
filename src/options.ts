/**
 * Reads an options object once, when something is made: every field is known and right, and what comes back is
 * complete. By hand, because a dozen predicates do not pay for a schema library that would be larger than the rest of
 * the package.
 */

import { describe, explain, isRecord, type OptionRule } from './option-rules'

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

/**
 * Turns the value that was given for one option into the one to use.
 *
 * @param maker what is being made
 * @param name of the option
 * @throws OptionError
 */
export type OptionReader<T> = (value: unknown, maker: string, name: string) => T

/** One `OptionReader` for each option of `Options`. */
export type OptionReaders<Options> = { readonly [Name in keyof Options]-?: OptionReader<unknown> }

type AnyReaders = Readonly<Record<string, OptionReader<unknown>>>

/** The complete options that `Readers` give. */
export type SettingsOf<Readers> = {
  readonly [Name in keyof Readers]: Readers[Name] extends OptionReader<infer T> ? T : never
}

/**
 * A frozen object with a value for every option of `readers`. `undefined` counts as absent.
 *
 * @throws TypeError or RangeError that names the maker and the option
 */
export function readOptions<Readers extends AnyReaders>(
  maker: string,
  options: unknown,
  readers: Readers,
): SettingsOf<Readers> {
  if (!isRecord(options)) {
    throw new TypeError(`Cannot make ${maker}: options must be an object, got ${describe(options)}`)
  }
  const names = Object.keys(readers)
  const unknown = Object.keys(options).find(name => !names.includes(name))
  if (unknown !== undefined) {
    throw new TypeError(
      `Cannot make ${maker}: unknown option ${JSON.stringify(unknown)}, known are ${names.join(', ')}`,
    )
  }
  return readFields(options, readers, maker, '')
}

/** Each value is looked at once: a getter may return something else the second time. */
function readFields<Readers extends AnyReaders>(
  record: Readonly<Record<string, unknown>>,
  readers: Readers,
  maker: string,
  prefix: string,
): SettingsOf<Readers> {
  const entries = Object.entries<OptionReader<unknown>>(readers).map(([name, read]) => [
    name,
    read(Object.hasOwn(record, name) ? record[name] : undefined, maker, `${prefix}${name}`),
  ])
  return Object.freeze(Object.fromEntries(entries)) as SettingsOf<Readers>
}

/** An option without a default. */
export function optional<T>(rule: OptionRule<T>): OptionReader<T | undefined> {
  return (value, maker, name) => (value === undefined ? undefined : checked(rule, value, maker, name))
}

/** `NoInfer` of TypeScript 5.4, for apps with an older one. */
type NotInferred<T> = [T][T extends unknown ? 0 : never]

export function withDefault<T>(rule: OptionRule<T>, value: NotInferred<T>): OptionReader<T> {
  return (given, maker, name) => (given === undefined ? value : checked(rule, given, maker, name))
}

export function required<T>(rule: OptionRule<T>): OptionReader<T> {
  return (value, maker, name) => {
    if (value === undefined) throw optionError(TypeError, `make ${maker}`, name, 'is missing')
    return checked(rule, value, maker, name)
  }
}

/** An option that is an object of options, each with a default; absent, it is all of these. */
export function group<Readers extends AnyReaders>(
  readers: Readers,
  expected: string,
): OptionReader<SettingsOf<Readers>> {
  const rule: OptionRule<Readonly<Record<string, unknown>>> = {
    accepts: (value): value is Readonly<Record<string, unknown>> =>
      isRecord(value) && Object.keys(value).every(name => Object.hasOwn(readers, name)),
    expected,
    explain: value => {
      const unknown = isRecord(value) && Object.keys(value).find(name => !Object.hasOwn(readers, name))
      return typeof unknown === 'string' ? `the unknown field ${JSON.stringify(unknown)}` : undefined
    },
  }
  return (value, maker, name) =>
    readFields(value === undefined ? {} : checked(rule, value, maker, name), readers, maker, `${name}.`)
}

/** The same for options that may all be absent. An absent one is undefined here, and gets no default. */
export function absentOr<Readers extends AnyReaders>(
  readers: Readers,
): {
  readonly [Name in keyof Readers]: OptionReader<
    (Readers[Name] extends OptionReader<infer T> ? T : never) | undefined
  >
} {
  const entries = Object.entries<OptionReader<unknown>>(readers).map(([name, read]) => [
    name,
    (value: unknown, maker: string, path: string) =>
      value === undefined ? undefined : read(value, maker, path),
  ])
  return Object.fromEntries(entries) as ReturnType<typeof absentOr<Readers>>
}

/** An option that `false` turns off. */
export function orFalse<T>(read: OptionReader<T>): OptionReader<T | false> {
  return (value, maker, name) => (value === false ? false : read(value, maker, name))
}

function checked<T>(rule: OptionRule<T>, value: unknown, maker: string, name: string): T {
  if (rule.accepts(value)) return value
  throw optionError(TypeError, `make ${maker}`, name, `must be ${rule.expected}, got ${explain(rule, value)}`)
}
