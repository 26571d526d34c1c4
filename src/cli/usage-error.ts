/** The program was called in a wrong way: prints one line and exits with 2. Contains neither a secret nor a signature. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}
