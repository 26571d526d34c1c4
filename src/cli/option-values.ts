/** Values of options that may be absent. */
import type { Input } from './command'
import { UsageError } from './usage-error'

/** @param read gets the option with its dashes, for its errors */
export function readOptional<T>(
  flag: string,
  options: Input['options'],
  read: (option: string, text: string) => T,
): T | undefined {
  const text = options.get(flag)
  return text === undefined ? undefined : read(`--${flag}`, text)
}

/** @throws UsageError that names the option */
export function readCount(flag: string, options: Input['options']): number | undefined {
  return readOptional(flag, options, (option, text) => {
    if (/^\d{1,15}$/.test(text)) return Number(text)
    throw new UsageError(`${option} must be a whole number, got ${JSON.stringify(text)}`)
  })
}
