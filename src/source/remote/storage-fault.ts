/** Which errors say that the storage, or the way to it, fails. */
import { SourceError } from '../source'
import { TimeLimitExceeded } from './within'

/** Of sockets and names; not all of the system's: EACCES is no fault of a storage, but a denial. */
const NETWORK_CODES: ReadonlySet<unknown> = new Set([
  'ECONNABORTED',
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTDOWN',
  'EHOSTUNREACH',
  'ENETDOWN',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
])

/** Codes of undici, which is behind `fetch`, begin with it. */
const FETCH_CODE = 'UND_ERR_'

/** An error of `fetch` has the network's as its cause, which may have one. */
const MAX_CAUSES = 5

/** Not if access is denied, and not for an error that nobody knows: it may be a denial. */
export function isStorageFault(error: unknown): boolean {
  if (error instanceof SourceError) return !error.isPermanent && error.kind === 'unavailable'
  return error instanceof TimeLimitExceeded || isNetworkError(error)
}

function isNetworkError(error: unknown): boolean {
  let each = error
  for (let depth = 0; depth <= MAX_CAUSES && each instanceof Error; depth++) {
    const { code, cause } = each as NodeJS.ErrnoException
    if (NETWORK_CODES.has(code) || String(code).startsWith(FETCH_CODE)) return true
    each = cause
  }
  return false
}
