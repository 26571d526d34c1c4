/** The tracks of a recipe, in the folder `audio` that each of them serves. */
import { mkdirSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { TRACK } from '../../support/tracks'
import { folderOf } from './project'

/** More than sockets buffer. */
const LONG = 24_000_000

export function writeTracks(recipe: string): void {
  const directory = join(folderOf(recipe), 'audio')
  mkdirSync(directory, { recursive: true })
  writeFileSync(join(directory, 'track1.mp3'), TRACK)
  const long = join(directory, 'long.mp3')
  writeFileSync(long, '')
  truncateSync(long, LONG)
}
