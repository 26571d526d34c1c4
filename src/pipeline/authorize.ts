/** Which track a request may read, by its signature. Touches no file, so a refusal tells nothing of what exists. */
import { StreamError, unavailable } from '../errors'
import { createVerifier, type Grant, type Verdict, type VerifierOptions } from '../signing/verifier'
import { checkId } from './check-request'
import type { Observer } from './observer'
import { rawQuery, type StreamRequest } from './stream-request'

/** Some 500 bytes each. */
const REMEMBERED_LINKS = 4096

/**
 * Judges the signature of a request for what claims to be an id: what it permits, or the refusal `INVALID_ID` or one
 * of the `SIGNATURE_` codes. Touches no file, so that a refusal tells nothing of what exists.
 */
export type Authorizer = (req: StreamRequest, claim: unknown) => Grant | StreamError

export function createAuthorizer(
  options: Partial<VerifierOptions>,
  maker: string,
  observer: Observer,
): Authorizer {
  const verify = createVerifier(options, maker, REMEMBERED_LINKS)

  return function authorize(req, claim) {
    const id = checkId(req, claim, observer)
    if (id instanceof StreamError) return id
    let verdict: Verdict
    try {
      verdict = verify(id, rawQuery(req))
    } catch (error) {
      // Without a clock nobody knows what has expired.
      return observer.refusal(req, unavailable(error), { id })
    }
    if (verdict.valid) return verdict.grant
    return observer.refusal(req, new StreamError(verdict.code), { id, texts: verdict.texts })
  }
}
