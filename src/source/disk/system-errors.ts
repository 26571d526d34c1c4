/** What an error of the file system says of a track: that it does not exist, or nothing. */
import { SourceError } from '../source'

/** The system's codes if no file of that name can be served. Some file systems refuse names by EINVAL or EILSEQ. */
const ABSENT = new Set([
  'ENOENT',
  'ENOTDIR',
  'EISDIR',
  'ELOOP',
  'ENAMETOOLONG',
  'ENXIO',
  'ENODEV',
  'EINVAL',
  'EILSEQ',
])

/** @throws SourceError `unavailable` for every error but that the file does not exist */
export function ignoreAbsent(error: unknown): undefined {
  if (!ABSENT.has(codeOf(error))) throwUnavailable(error)
  return undefined
}

export function codeOf(error: unknown): string {
  return String((error as NodeJS.ErrnoException).code)
}

export function throwUnavailable(error: unknown): never {
  throw new SourceError('unavailable', { cause: error })
}
