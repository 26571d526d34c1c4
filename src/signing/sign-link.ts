/** Signs a link: with terms in the second form, without them in the first. */
import type { KeyObject } from 'node:crypto'
import { computeMac, SEVERAL_TRACKS } from './canonical'
import { opensSeveral, parseTerms } from './terms'

export interface LinkSignature {
  /** 64 lower-case hexadecimal digits. */
  readonly sig: string
  /** `expires=…&terms=…&sig=…`, percent-encoded. */
  readonly query: string
}

/**
 * @param id a track id; what the terms open counts, if they open several tracks
 * @param expires seconds since the epoch
 * @param terms as `writeTerms` gives them; undefined for a link without terms
 */
export function signLink(
  key: KeyObject,
  id: string,
  expires: number,
  terms: string | undefined,
): LinkSignature {
  const sig = computeMac(key, subjectOf(id, terms), expires, terms).toString('hex')
  const termsPart = terms === undefined ? '' : `&terms=${encodeURIComponent(terms)}`
  return { sig, query: `expires=${expires}${termsPart}&sig=${sig}` }
}

function subjectOf(id: string, terms: string | undefined): string {
  const parsed = terms === undefined ? undefined : parseTerms(terms)
  return parsed?.kind === 'terms' && opensSeveral(parsed.terms) ? SEVERAL_TRACKS : id
}
