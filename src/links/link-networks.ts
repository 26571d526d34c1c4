/** From how many networks a link was begun: a link that is used from many of them was passed on. */
import { clientNetwork } from '../http/client-network'
import type { AuthenticLink } from '../signing/authenticate-link'

interface Seen {
  /** The last address, as most requests of a link come from one. */
  address: string
  readonly networks: Set<string>
}

export class LinkNetworks {
  readonly #limit: number
  /** Forgotten with the memory of verified links. */
  readonly #seen = new WeakMap<AuthenticLink, Seen>()

  /** @param limit networks at which a link counts as shared; 0 for never */
  constructor(limit: number) {
    this.#limit = limit
  }

  /** @returns the number of networks, once, when there are as many as the limit */
  note(link: AuthenticLink, address: string | undefined): number | undefined {
    if (this.#limit === 0 || address === undefined) return undefined
    const seen = this.#seen.get(link)
    if (seen === undefined) {
      this.#seen.set(link, { address, networks: new Set([clientNetwork(address)]) })
      return this.#limit === 1 ? 1 : undefined
    }
    if (seen.address === address || seen.networks.size >= this.#limit) return undefined
    seen.address = address
    seen.networks.add(clientNetwork(address))
    return seen.networks.size === this.#limit ? this.#limit : undefined
  }
}
