/** From how many networks a link was begun: a link that is used from many of them was passed on. */
import { clientNetwork } from '../http/client-network'
import type { GrantedLink } from './granted-link'

/** What is known of one link; forgotten with the memory of authentic links. */
export interface SeenNetworks {
  /** The last address, as most requests of a link come from one. */
  address: string
  /** Undefined until there is a second address. */
  networks?: Set<string>
}

export class LinkNetworks {
  readonly #limit: number

  /** @param limit networks at which a link counts as shared; 0 for never */
  constructor(limit: number) {
    this.#limit = limit
  }

  /** @returns the number of networks, once, when there are as many as the limit */
  note(granted: GrantedLink, address: string | undefined): number | undefined {
    if (this.#limit === 0 || address === undefined) return undefined
    const { seen } = granted
    if (seen === undefined) {
      granted.seen = { address }
      return this.#limit === 1 ? 1 : undefined
    }
    if (seen.address === address) return undefined
    seen.networks ??= new Set([clientNetwork(seen.address)])
    if (seen.networks.size >= this.#limit) return undefined
    seen.address = address
    seen.networks.add(clientNetwork(address))
    return seen.networks.size === this.#limit ? this.#limit : undefined
  }
}
