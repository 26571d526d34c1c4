/** A checked link as JSON, the same in `verify` and `explain`. */
import { TERM_OPTIONS } from '../signing/term-options'
import type { LinkTerms } from '../signing/terms'
import { listUnchecked, type CheckOptions, type CheckResult } from './link-check'
import { formatDate } from './time'

const FIELDS: readonly (keyof LinkTerms)[] = [...TERM_OPTIONS, 'signedAt', 'keyId']

export function toLinkJson(result: CheckResult, options: CheckOptions): object {
  const { link } = result
  const verdict =
    result.kind === 'valid' ? { valid: true, code: 'VALID' } : { valid: false, code: result.code }
  const { terms } = link?.texts ?? {}
  if (link === undefined || (terms === undefined && !verdict.valid)) return verdict
  const { id, expires } = link.grant
  const said = { ...verdict, id, expires, expiresAt: formatDate(expires), key: result.key }
  if (terms === undefined) return said
  const allows = Object.fromEntries(
    FIELDS.filter(field => link.grant[field] !== undefined).map(field => [field, link.grant[field]]),
  )
  const unchecked = listUnchecked(link, options)
  return { ...said, terms, allows, ...(unchecked.length > 0 && { unchecked }) }
}
