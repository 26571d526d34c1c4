/**
 * What pins the version of an object. Each GET carries it as a condition, and each response is compared with it: a store
 * that ignores conditions cannot make a mixture either.
 */
import { isStrongTag } from '../../http/entity-tag'
import { formatHttpDate } from '../../http/http-date'
import type { Condition, StoreContent } from './store'

export interface Validator {
  /** Strong, with its quotes; what clients get. */
  readonly etag: string
  /** Of a GET that must give this version. */
  readonly isSame: Condition
  /** Of a GET that needs no body if this version is the current one. */
  readonly isOther: Condition
}

/**
 * The validator of a response; undefined if it has no strong one.
 *
 * @param size bytes of the whole object
 * @param canPinByDate whether `Last-Modified` will do if there is no entity tag. It does if it is at least a second
 *   older than the response (RFC 9110, section 8.8.2.2). It does not beside a weak tag: that says that the bytes may
 *   change without a change of the validators.
 */
export function findValidator(
  { etag, lastModified, date }: StoreContent,
  size: number,
  canPinByDate: boolean,
): Validator | undefined {
  if (etag !== undefined) {
    return isStrongTag(etag)
      ? {
          etag,
          isSame: { field: 'if-match', value: etag },
          isOther: { field: 'if-none-match', value: etag },
        }
      : undefined
  }
  if (!canPinByDate || lastModified === undefined || date === undefined || date <= lastModified)
    return undefined
  const value = formatHttpDate(lastModified)
  return {
    etag: `"date-${lastModified.toString(16)}-${size.toString(16)}"`,
    isSame: { field: 'if-unmodified-since', value },
    isOther: { field: 'if-modified-since', value },
  }
}
