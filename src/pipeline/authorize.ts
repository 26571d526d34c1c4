/** Which track a request may read, by its link. Calls no source, so a refusal reveals nothing of what exists. */
import type { MaybePromise } from '../callbacks'
import { unavailable } from '../errors'
import type { LinkGuard, LinkVerdict } from '../links/link-guard'
import type { Grant } from '../signing/authenticate-link'
import type { Observer } from './observer'
import { Refusal } from './refusal'
import { RequestClient } from './request-client'
import type { StreamRequest } from './stream-request'

/** What the link permits a request for `id`, or the refusal. A promise if the app or another node decides; never rejects. */
export type Authorizer = (req: StreamRequest, id: string, query: string) => MaybePromise<Grant | Refusal>

export function createAuthorizer(guard: LinkGuard, observer: Observer): Authorizer {
  function follow(req: StreamRequest, id: string, verdict: LinkVerdict): Grant | Refusal {
    if (verdict.kind === 'refused') {
      const { error, texts, link } = verdict
      return new Refusal(error, { id, texts, grant: link?.grant, linkName: link?.name })
    }
    const { grant, name } = verdict.link
    if (verdict.isReported) observer.report(req, { id, grant, linkName: name }, 'NETWORK_NOT_ALLOWED')
    return grant
  }

  return function authorize(req, id, query) {
    try {
      const verdict = guard.check(id, query, new RequestClient(req))
      return verdict instanceof Promise
        ? verdict.then(settled => follow(req, id, settled)).catch((error: unknown) => withoutClock(id, error))
        : follow(req, id, verdict)
    } catch (error) {
      return withoutClock(id, error)
    }
  }
}

/** Without a clock, nobody knows what has expired. */
function withoutClock(id: string, error: unknown): Refusal {
  return new Refusal(unavailable(error), { id })
}
