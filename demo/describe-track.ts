/** Which file an id means, and what a response with it would be. */
import { realpath, stat } from 'node:fs/promises'
import { join, sep } from 'node:path'
import { AUDIO_EXTENSIONS, isTrackId, mediaTypeOf } from 'express-signed-stream'

export interface TrackDescription {
  /** Bytes. */
  readonly size: number
  /** The media type it is served as. */
  readonly type: string
  /** Differs between any two versions of the track. */
  readonly etag: string
  /** In the directory of the tracks. */
  readonly fileName: string
}

/** @returns undefined if there is no such track; rejects if the storage fails */
export type DescribeTrack = (id: string) => Promise<TrackDescription | undefined>

/** By the rules by which the stream serves. */
export function createDescribeTrack(directory: string): DescribeTrack {
  return async function describeTrack(id) {
    if (!isTrackId(id)) return undefined
    for (const extension of AUDIO_EXTENSIONS) {
      const fileName = `${id}.${extension}`
      const stats = await statInside(directory, fileName)
      if (stats === undefined) continue
      const { size, mtimeMs } = stats
      return { size, type: mediaTypeOf(extension), etag: `"${size}-${mtimeMs}"`, fileName }
    }
    return undefined
  }
}

/** @returns undefined if there is no such regular file, or if a link leads out of `directory` */
async function statInside(
  directory: string,
  name: string,
): Promise<{ size: number; mtimeMs: number } | undefined> {
  try {
    const path = await realpath(join(directory, name))
    const stats = await stat(path)
    const isInside = path.startsWith((await realpath(directory)) + sep)
    return isInside && stats.isFile() ? stats : undefined
  } catch {
    return undefined
  }
}
