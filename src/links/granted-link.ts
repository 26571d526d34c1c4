/**
 * The link of a grant, and what guards it: a grant goes through the app from the middleware that checks to the one that
 * serves. It stands under a symbol, so that a copy by spread keeps it and no log shows it.
 */
import type { AuthenticLink, Grant } from '../signing/authenticate-link'
import type { LinkGuard } from './link-guard'
import type { SeenNetworks } from './link-networks'

const GRANTED = Symbol('express-signed-stream.link')

export class GrantedLink {
  readonly #guard: LinkGuard
  readonly #link: AuthenticLink
  /** As {@link hasTerms}. */
  readonly hasTerms: boolean
  /** Of this node; a request writes it. */
  seen: SeenNetworks | undefined

  constructor(guard: LinkGuard, link: AuthenticLink) {
    this.#guard = guard
    this.#link = link
    this.hasTerms = hasTerms(link.grant)
  }

  get guard(): LinkGuard {
    return this.#guard
  }

  get link(): AuthenticLink {
    return this.#link
  }
}

type SealedGrant = Grant & { readonly [GRANTED]?: GrantedLink }

/** `link` with a grant that leads back to it. */
export function sealGrant(guard: LinkGuard, link: AuthenticLink): AuthenticLink {
  const sealed = { ...link }
  const grant: SealedGrant = Object.freeze({ ...link.grant, [GRANTED]: new GrantedLink(guard, sealed) })
  return Object.assign(sealed, { grant })
}

/** Undefined for a grant that the app made up, or copied field by field. */
export function grantedLink(grant: SealedGrant | undefined): GrantedLink | undefined {
  return grant?.[GRANTED]
}

/** Whether a grant limits more than its track and its time, which only its link can enforce. */
export function hasTerms(grant: Grant): boolean {
  return Object.keys(grant).some(name => !PLAIN.has(name))
}

const PLAIN: ReadonlySet<string> = new Set(['id', 'expires', 'keyIndex'] satisfies (keyof Grant)[])
