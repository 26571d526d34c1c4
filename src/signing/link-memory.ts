/**
 * Verdicts on links, so that the MAC of a link is computed once, however often its listener seeks. The number of
 * entries of both kinds is bounded, and so is the size of an entry: nothing that a client adds to a link becomes part
 * of it.
 */
import { LRUCache } from 'lru-cache'

export interface LinkMemory<T extends object> {
  /** @param link id, expiry and signature in their canonical form */
  recall(link: string): T | undefined
  /** @returns `verdict` */
  rememberAuthentic(link: string, verdict: T): T
  /** @returns `verdict` */
  rememberForged(link: string, verdict: T): T
}

/** Clients that were refused repeat the request, some without end. */
const MAX_FORGED = 64

/** @param maxAuthentic 0 for a memory that keeps nothing */
export function createLinkMemory<T extends object>(maxAuthentic: number): LinkMemory<T> {
  const known = maxAuthentic > 0 ? new LRUCache<string, T>({ max: maxAuthentic }) : undefined
  // Kept apart, so that no storm of forgeries drives authentic links out.
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
