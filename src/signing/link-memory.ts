/**
 * What was found out about links, so that the MAC of one that seeks is computed once. Both kinds are bounded by their
 * number, and an entry by its name: nothing that a client adds to a link becomes part of it.
 */
import { LRUCache } from 'lru-cache'

export interface LinkMemory<T extends object> {
  /** @param link id, expiry and signature in their one spelling */
  recall(link: string): T | undefined
  /** @returns `verdict` */
  rememberAuthentic(link: string, verdict: T): T
  /** @returns `verdict` */
  rememberForged(link: string, verdict: T): T
}

/** Clients that were refused ask again, some without end. */
const MAX_FORGED = 64

/** @param maxAuthentic 0 for a memory that keeps nothing */
export function createLinkMemory<T extends object>(maxAuthentic: number): LinkMemory<T> {
  const known = maxAuthentic > 0 ? new LRUCache<string, T>({ max: maxAuthentic }) : undefined
  // Apart from those, so that no storm of forgeries drives them out.
  const forged = known && new LRUCache<string, T>({ max: MAX_FORGED })

  return {
    recall: link => known?.get(link) ?? forged?.get(link),
    rememberAuthentic(link, verdict) {
      known?.set(link, verdict)
      return verdict
    },
    rememberForged(link, verdict) {
      forged?.set(link, verdict)
      return verdict
    },
  }
}
