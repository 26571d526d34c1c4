/** A warning of the process, for a mistake or a fault that may come with every request. */

/** @returns gives the warning at its first call, and nothing afterwards */
export function warnOnce(code: `EXPRESS_SIGNED_STREAM_${string}`): (makeText: () => string) => void {
  let hasWarned = false
  return function warn(makeText) {
    if (hasWarned) return
    hasWarned = true
    process.emitWarning(makeText(), { code })
  }
}

/** The text of what was thrown, which may be anything, also an object that no text can be made of. */
export function textOfFault(fault: unknown): string {
  try {
    return String(fault)
  } catch {
    return `a value of type ${typeof fault}`
  }
}
