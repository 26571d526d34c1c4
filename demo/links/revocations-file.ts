/** The file that keeps revocations when the server ends: of the only process, or of the primary one. */
import { fileState, type RevocationState } from 'express-signed-stream'
import { ConfigError } from '../settings/config'

/** @throws ConfigError if the file cannot be opened, or is something else */
export function openRevocationsFile(file: string): RevocationState {
  try {
    return fileState({ file })
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    const { code } = Object(error.cause) as NodeJS.ErrnoException
    throw new ConfigError(
      code === undefined
        ? `REVOCATIONS_FILE must be a new file, or one that this server made, got ${JSON.stringify(file)}`
        : `REVOCATIONS_FILE cannot be opened: ${code}`,
    )
  }
}
