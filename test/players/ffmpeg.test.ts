/** ffmpeg and ffprobe, and so all that is built on libavformat. */
import type { Buffer } from 'node:buffer'
import { statSync } from 'node:fs'
import { makeEnder } from '../support/at-the-end'
import { makeWorkshop, run, runWell, type Workshop } from '../support/installed-program'
import { addEncoded, addLongRecording, addTracks, LONG, TRACKS } from '../support/recordings'
import { firstByte, seeks, startStreamServer, totalSent, type StreamServer } from '../support/stream-server'

jest.setTimeout(60_000)

const atTheEnd = makeEnder()

let tracks: Workshop
let server: StreamServer

beforeAll(async () => {
  tracks = makeWorkshop()
  atTheEnd(tracks.remove)
  addTracks(tracks)
  await addLongRecording(tracks)
  server = await startStreamServer(tracks.path)
  atTheEnd(server.close)
})

async function duration(input: string): Promise<number> {
  const args = ['-v', 'error', '-show_entries', 'format=duration', '-of', 'csv=p=0', input]
  const { stdout } = await runWell('ffprobe', args, { cwd: tracks.path })
  return Number(stdout.toString())
}

/** One second of sound from `seconds` on: 44,100 samples of 2 channels of 2 bytes. */
async function decodeSecond(input: string, seconds: number, ...flags: string[]): Promise<Buffer> {
  const from = ['-v', 'error', '-nostdin', ...flags, '-ss', `${seconds}`, '-i', input]
  const to = ['-t', '1', '-ar', '44100', '-f', 's16le', '-']
  const { stdout, stderr } = await runWell('ffmpeg', [...from, ...to], { cwd: tracks.path })
  expect(stderr).toBe('')
  return stdout
}

describe.each(TRACKS)('%s over a signed link', id => {
  it('has for ffprobe the duration of the file', async () => {
    const seconds = await duration(server.url(id))
    expect(seconds).toBeGreaterThan(80)
    expect(seconds).toBe(await duration(tracks.file(`${id}.mp3`)))
  })

  it('lets ffmpeg seek to 40 s', async () => {
    const args = ['-v', 'error', '-ss', '40', '-i', server.url(id), '-t', '1', '-f', 'null', '-']
    expect(await run('ffmpeg', args, { cwd: tracks.path })).toMatchObject({ code: 0, stderr: '' })
  })

  it('sounds after a seek as the file itself does', async () => {
    const heard = await decodeSecond(server.url(id), 40)
    expect(heard).toHaveLength(176_400)
    expect(heard.equals(await decodeSecond(tracks.file(`${id}.mp3`), 40))).toBe(true)
  })

  it('is entered near the byte of 40 s when ffmpeg may jump', async () => {
    await server.served()
    const heard = await decodeSecond(server.url(id), 40, '-fflags', '+fastseek')
    const [seek] = seeks(await server.served())

    expect(firstByte(seek?.range)).toBeGreaterThan(300_000)
    expect(firstByte(seek?.contentRange)).toBe(firstByte(seek?.range))
    const file = tracks.file(`${id}.mp3`)
    expect(heard.equals(await decodeSecond(file, 40, '-fflags', '+fastseek'))).toBe(true)
  })
})

it('serves half an hour into a long recording without sending what lies before', async () => {
  await server.served()
  const heard = await decodeSecond(server.url(LONG), 1800, '-fflags', '+fastseek')
  const served = await server.served()

  const file = tracks.file(`${LONG}.mp3`)
  const { size } = statSync(file)
  expect(heard.equals(await decodeSecond(file, 1800, '-fflags', '+fastseek'))).toBe(true)
  expect(seeks(served)).toHaveLength(1)
  expect(firstByte(seeks(served)[0]?.contentRange)).toBeGreaterThan(size / 2)
  expect(totalSent(served)).toBeLessThan(size / 2)
})

it.each([
  ['m4a', 'its index behind the sound'],
  ['flac', 'a binary search for the place'],
  ['ogg', 'a binary search for the page'],
  ['opus', 'a binary search for the page'],
  ['wav', 'a place to be computed'],
])('lets ffmpeg seek in %s, which has %s', async extension => {
  const id = `tide-as-${extension}`
  await addEncoded(tracks, `${id}.${extension}`)
  await server.served()
  const heard = await decodeSecond(server.url(id), 40)

  expect(heard).toHaveLength(176_400)
  expect(heard.equals(await decodeSecond(tracks.file(`${id}.${extension}`), 40))).toBe(true)
  expect(seeks(await server.served()).length).toBeGreaterThan(0)
})

it('ends ffmpeg with an error if the link is refused', async () => {
  const forged = server.url(TRACKS[0]).replace(/sig=.{4}/, 'sig=0000')
  const { code, stderr } = await run('ffmpeg', ['-v', 'error', '-i', forged, '-f', 'null', '-'], {
    cwd: tracks.path,
  })
  expect(code).not.toBe(0)
  expect(stderr).toContain('403 Forbidden')
})
