/** What an error of the client means. The name decides, not only the status: 404 is also that of a missing bucket. */
import { isRecord } from '../../option-rules'
import { readRetryAfter } from '../ranged/retry-after'
import type { StoreResponse } from '../ranged/store'
import { SourceError } from '../source'

/** Of a key or version that is not there. A 404 without a body has a name that is made from the status. */
const MISSING = new Set([
  'NoSuchKey',
  'NoSuchVersion',
  'NotFound',
  'KeyTooLongError',
  '404',
  'UnknownError',
  'Unknown',
])

/** Of a 403 that may stand for a 404. Others, such as SignatureDoesNotMatch, say that the request is wrong. */
const MAYBE_MISSING = new Set(['AccessDenied', 'Forbidden', '403', 'UnknownError', 'Unknown'])

/** Of credentials that the store does not accept (400 or 403), or that the client does not have. */
const BAD_CREDENTIALS = new Set([
  'ExpiredToken',
  'ExpiredTokenException',
  'TokenRefreshRequired',
  'InvalidToken',
  'InvalidAccessKeyId',
  'CredentialsProviderError',
  'TokenProviderError',
])

/** Of a bucket that does not exist, or is elsewhere. */
const WRONG_SETTINGS = new Set([
  'NoSuchBucket',
  'InvalidBucketName',
  'PermanentRedirect',
  'AuthorizationHeaderMalformed',
])

/**
 * @param absentOn403 whether 403 means that there is no such object
 * @throws SourceError `unavailable` for what does not concern the object
 */
export function readFailure(error: unknown, absentOn403: boolean): StoreResponse {
  const status = statusOf(error)
  const name = String(fieldOf(error, 'name'))
  if (status === 304) return { kind: 'unchanged' }
  if (status === 412) return { kind: 'precondition_failed' }
  if (status === 416) return { kind: 'unsatisfiable' }
  if (status === 404 && MISSING.has(name)) return { kind: 'missing' }
  if (status === 400 && name === 'KeyTooLongError') return { kind: 'missing' }
  // The version is a delete marker.
  if (status === 405) return { kind: 'missing' }
  const isMaybeMissing = status === 403 && MAYBE_MISSING.has(name)
  if (isMaybeMissing && absentOn403) return { kind: 'missing' }
  const isDenied = status === 401 || status === 403 || BAD_CREDENTIALS.has(name)
  throw new SourceError('unavailable', {
    cause: isMaybeMissing ? new Error(FORBIDDEN, { cause: error }) : error,
    retryAfter: readRetryAfter(retryAfterOf(error)),
    isDenied,
    isPermanent: isDenied || WRONG_SETTINGS.has(name),
  })
}

const FORBIDDEN =
  'The store responded with 403: the credentials need s3:GetObject, and s3:ListBucket, without which S3 responds with 403 for a ' +
  'missing object too (option absentOn403)'

function statusOf(error: unknown): number | undefined {
  const metadata = fieldOf(error, '$metadata')
  const status = fieldOf(metadata, 'httpStatusCode')
  return typeof status === 'number' ? status : undefined
}

function retryAfterOf(error: unknown): string | undefined {
  const value = fieldOf(fieldOf(fieldOf(error, '$response'), 'headers'), 'retry-after')
  return typeof value === 'string' ? value : undefined
}

function fieldOf(value: unknown, name: string): unknown {
  return isRecord(value) ? value[name] : undefined
}
