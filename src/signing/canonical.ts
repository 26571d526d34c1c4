/** The text that is signed and its MAC: HMAC-SHA256 over `{id}|{expires}`. */
import type { Buffer } from 'node:buffer'
import { createHmac, type KeyObject } from 'node:crypto'

/** Neither side can hold a `|`, so no two pairs give the same text. */
export function computeMac(key: KeyObject, id: string, expires: number): Buffer {
  return macOf(key, `${id}|${expires}`)
}

/** The MAC of any text: the command line uses it to find out what a wrong signature was made over. */
export function macOf(key: KeyObject, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest()
}
