/** A mistake in how the program was called: told in one line, ends with exit code 2. Holds no secret and no signature. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}
