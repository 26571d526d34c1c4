/**
 * What the last segment of a path names: a track, and perhaps the kind of file that a player wants to see there. AVPlayer
 * and howler choose their decoder by the extension of the path. It is not signed, and no part of the id.
 */
import { isTrackId } from './track-id'

export interface TrackAddress {
  readonly id: string
  /** As it was written, without its dot: any word, not only one that is served. Undefined if there is none. */
  readonly extension: string | undefined
}

export const MAX_EXTENSION_LENGTH = 16

/** ASCII alone: the Kelvin sign would be a k in lower case. */
const EXTENSION = new RegExp(`^[a-z0-9]{1,${MAX_EXTENSION_LENGTH}}$`, 'i')

/** `claim` as an id, or as an id, a dot and an extension; undefined if it is neither. */
export function readTrackAddress(claim: unknown): TrackAddress | undefined {
  if (isTrackId(claim)) return { id: claim, extension: undefined }
  if (typeof claim !== 'string') return undefined
  // No id holds a dot, so there is no other way to split.
  const dot = claim.lastIndexOf('.')
  if (dot === -1) return undefined
  const extension = claim.slice(dot + 1)
  const id = EXTENSION.test(extension) ? claim.slice(0, dot) : undefined
  return isTrackId(id) ? { id, extension } : undefined
}
