/** What a command needs does not respond: prints one line and exits with 69. Contains no URL, which may have a password. */
export class UnavailableError extends Error {
  override readonly name = 'UnavailableError'
}
