/**
 * The text that is signed and its MAC, by HMAC-SHA256: `{id}|{expires}`, or `{id}|{expires}|{terms}` for a link with
 * terms, with `*` in place of the id if the terms open several tracks. No part can hold a `|`, and `*` is no id, so no two
 * links give the same text.
 */
import type { Buffer } from 'node:buffer'
import { createHmac, type KeyObject } from 'node:crypto'

/** In place of the id. */
export const SEVERAL_TRACKS = '*'

/**
 * @param id a track id, or {@link SEVERAL_TRACKS}
 * @param terms undefined for a link without terms
 */
export function signedText(id: string, expires: number, terms?: string): string {
  return terms === undefined ? `${id}|${expires}` : `${id}|${expires}|${terms}`
}

export function computeMac(key: KeyObject, id: string, expires: number, terms?: string): Buffer {
  return macOf(key, signedText(id, expires, terms))
}

/** The MAC of any text: the command line uses it to find out what a wrong signature was made over. */
export function macOf(key: KeyObject, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest()
}
