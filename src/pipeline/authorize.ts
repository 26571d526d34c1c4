/** Which track a request may read, by its signature. Calls no source, so a refusal reveals nothing of what exists. */
import { StreamError, unavailable } from '../errors'
import type { Grant } from '../signing/authenticate-link'
import { createLinkVerifier, type LinkVerifierSettings, type Verdict } from '../signing/link-verifier'
import { Refusal } from './refusal'
import { rawQuery, type StreamRequest } from './stream-request'

/** Some 500 bytes each. */
const REMEMBERED_LINKS = 4096

/** What the signature permits a request for `id`, or the refusal with one of the `SIGNATURE_` codes. */
export type Authorizer = (req: StreamRequest, id: string) => Grant | Refusal

export function createAuthorizer(settings: LinkVerifierSettings): Authorizer {
  const verify = createLinkVerifier(settings, REMEMBERED_LINKS)

  return function authorize(req, id) {
    let verdict: Verdict
    try {
      verdict = verify(id, rawQuery(req))
    } catch (error) {
      // Without a clock, nobody knows what has expired.
      return new Refusal(unavailable(error), { id })
    }
    if (verdict.valid) return verdict.grant
    return new Refusal(new StreamError(verdict.code), { id, texts: verdict.texts })
  }
}
