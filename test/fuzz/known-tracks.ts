/** The tracks that the made-up requests name. */
import { Buffer } from 'node:buffer'
import { TRACK } from '../support/tracks'

/** The id of a track, an id of the same length that no track has, and the content of the track. */
export const TWINS = [
  ['track1', 'track2', TRACK],
  ['one', 'two', TRACK.subarray(0, 1)],
  ['éclair-歌', 'éclair-唄', TRACK.subarray(1000, 2000)],
  ['x'.repeat(128), 'y'.repeat(128), TRACK.subarray(0, 70_000)],
  ['empty', 'emptx', Buffer.alloc(0)],
] as const
export const CONTENT = new Map<string, Buffer>(TWINS.map(([id, , content]) => [id, content]))
/** By id; the suite fills it in. */
export const ETAGS = new Map<string, string>()
