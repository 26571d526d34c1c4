/** A revocation as a member of a set in Redis. */
import type { RevocationEntry } from '../link-state'
import { readEntry } from '../revocation-text'
import { unexpected } from './replies'

export { formatEntry } from '../revocation-text'

/** @throws Error if a program that is newer, or another one, wrote the text */
export function parseEntry(text: string): RevocationEntry {
  const entry = readEntry(text)
  if (entry === undefined) throw unexpected(text)
  return entry
}
