/** What the players play: the two tracks of the project, and recordings made from them. */
import { cpSync } from 'node:fs'
import { join } from 'node:path'
import { runWell, type Workshop } from './installed-program'

const AUDIO = join(__dirname, '../../audio')

/** One of constant and one of variable bit rate; each longer than 80 s. */
export const TRACKS = ['morning-tide', 'evening-lanterns'] as const

/** An hour, nearly, and 40 MB: more than the buffers of sockets and players hold. */
export const LONG = 'long-tide'

export function addTracks(workshop: Workshop): void {
  for (const id of TRACKS) cpSync(join(AUDIO, `${id}.mp3`), workshop.file(`${id}.mp3`))
}

export async function addLongRecording(workshop: Workshop): Promise<void> {
  const tide = join(AUDIO, 'morning-tide.mp3')
  const args = ['-v', 'error', '-stream_loop', '39', '-i', tide, '-c', 'copy', workshop.file(`${LONG}.mp3`)]
  await runWell('ffmpeg', args, { cwd: workshop.path })
}

/** Adds the constant track once more as `name`, encoded as ffmpeg does for its extension, or by `options`. */
export async function addEncoded(workshop: Workshop, name: string, ...options: string[]): Promise<void> {
  await addConverted(workshop, join(AUDIO, 'morning-tide.mp3'), name, ...options)
}

/** Adds the sound of a file as `name`, without encoding it again. */
export async function addCopied(workshop: Workshop, from: string, name: string): Promise<void> {
  await addConverted(workshop, workshop.file(from), name, '-c', 'copy')
}

async function addConverted(
  workshop: Workshop,
  from: string,
  name: string,
  ...options: string[]
): Promise<void> {
  const args = ['-v', 'error', '-i', from, '-vn', ...options, workshop.file(name)]
  await runWell('ffmpeg', args, { cwd: workshop.path })
}
