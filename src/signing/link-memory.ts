/**
 * Verdicts on links, so that the MAC of a link is computed once, however often its listener seeks. What both kinds of
 * entries take is bounded, and so is the size of an entry: nothing that a client adds to a link becomes part of it.
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

/** Bytes of an entry besides its texts, and bytes for each character of the link: measured, and then rounded up. */
const ENTRY_BYTES = 512
const BYTES_PER_CHARACTER = 3

/** @param maxBytes of authentic links; 0 for a memory that keeps nothing */
export function createLinkMemory<T extends object>(maxBytes: number): LinkMemory<T> {
  const known =
    maxBytes > 0
      ? new LRUCache<string, T>({
          maxSize: maxBytes,
          sizeCalculation: (_verdict, link) => ENTRY_BYTES + BYTES_PER_CHARACTER * link.length,
        })
      : undefined
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
