/** The texts of refusals: what an app may give in place of the default ones, and the English ones. */
import type { StreamErrorCode } from './errors'

/** Texts that replace the default ones, by code. A code that is left out has its default text. */
export interface StreamMessages extends Readonly<Partial<Record<StreamErrorCode, string>>> {
  /**
   * The language of these texts, such as `en` or `pt-BR` (BCP 47): a response with one of them carries it as
   * `Content-Language`.
   */
  readonly language?: string | undefined
}

/**
 * An English text for every code. As in the default ones, a link that is missing, malformed, forged or signed for too
 * long has one and the same text, so that it teaches nothing to somebody who tries links.
 *
 * @example
 * app.use('/stream', createStreamRouter({ dir: 'audio', secret, messages: ENGLISH_MESSAGES }))
 */
export const ENGLISH_MESSAGES = Object.freeze({
  language: 'en',
  METHOD_NOT_ALLOWED: 'Method not allowed',
  INVALID_ID: 'Invalid identifier',
  SIGNATURE_MISSING: 'Invalid signature',
  SIGNATURE_MALFORMED: 'Invalid signature',
  SIGNATURE_INVALID: 'Invalid signature',
  TERM_UNKNOWN: 'Invalid signature',
  SIGNATURE_NOT_YET_VALID: 'Signature not yet valid',
  SIGNATURE_EXPIRED: 'Signature expired',
  SIGNATURE_LIFETIME: 'Invalid signature',
  NETWORK_NOT_ALLOWED: 'Network not allowed',
  LINK_REVOKED: 'Link revoked',
  DRAINING: 'Service unavailable',
  TOO_MANY_STREAMS: 'Too many requests',
  NOT_FOUND: 'File not found',
  PRECONDITION_FAILED: 'Precondition failed',
  RANGE_NOT_SATISFIABLE: 'Range not satisfiable',
  LINK_USED_UP: 'Link used up',
  STATE_UNAVAILABLE: 'Service unavailable',
  SOURCE_UNAVAILABLE: 'Service unavailable',
} satisfies Record<StreamErrorCode, string> & StreamMessages)
