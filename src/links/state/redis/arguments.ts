/** Arguments of scripts. What is not a number would compare as it likes in Lua, so it never gets there. */

/** @param limit a whole number, or Infinity for none */
export function limitArgument(limit: number): string {
  if (limit === Infinity) return 'inf'
  if (!Number.isSafeInteger(limit) || limit < 0) throw new RangeError(`Not a limit: ${limit}`)
  return String(limit)
}

/** Milliseconds, 1 or more. */
export function durationArgument(seconds: number): string {
  const milliseconds = Math.max(1, Math.ceil(seconds * 1000))
  if (!Number.isSafeInteger(milliseconds)) throw new RangeError(`Not a number of seconds: ${seconds}`)
  return String(milliseconds)
}

export function timeArgument(seconds: number): string {
  if (!Number.isFinite(seconds)) throw new RangeError(`Not a time: ${seconds}`)
  return String(seconds)
}
