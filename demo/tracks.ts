/** The tracks of a directory, found by the same rules by which the router serves them. */
import { readdir, realpath, stat } from 'node:fs/promises'
import { join, parse, sep } from 'node:path'
import { AUDIO_EXTENSIONS, isAudioExtension, isTrackId, mediaTypeOf } from 'express-signed-stream'
import type { FileVersion } from './durations'

export interface Track extends FileVersion {
  readonly id: string
  /** The media type it is served as. */
  readonly type: string
}

const byName = new Intl.Collator('en', { numeric: true })

/** Every track once, by name. */
export async function listTracks(directory: string): Promise<Track[]> {
  const names = await readdir(directory)
  const ids = new Set(names.filter(hasAudioExtension).map(name => parse(name).name))
  const tracks = await Promise.all(Array.from(ids, id => findTrack(directory, id)))
  return tracks.filter(track => track !== undefined).sort((a, b) => byName.compare(a.id, b.id))
}

export async function findTrack(directory: string, id: string): Promise<Track | undefined> {
  if (!isTrackId(id)) return undefined
  for (const extension of AUDIO_EXTENSIONS) {
    const file = await versionInside(directory, `${id}.${extension}`)
    if (file !== undefined) return { id, ...file, type: mediaTypeOf(extension) }
  }
  return undefined
}

function hasAudioExtension(name: string): boolean {
  return isAudioExtension(parse(name).ext.slice(1))
}

/** @returns undefined where there is no such regular file, or where a link leads out of `directory` */
async function versionInside(directory: string, name: string): Promise<FileVersion | undefined> {
  try {
    const path = await realpath(join(directory, name))
    const stats = await stat(path)
    const isInside = path.startsWith((await realpath(directory)) + sep)
    return isInside && stats.isFile() ? { path, size: stats.size, modified: stats.mtimeMs } : undefined
  } catch {
    return undefined
  }
}
