/** Players that seek as their listeners do. Each writes what it hears to a file, so that silence is no success. */
import { existsSync, readFileSync, statSync } from 'node:fs'
import { makeEnder } from '../support/at-the-end'
import { hearByMpd } from './mpd'
import { makeWorkshop, run, runWell, type Workshop } from '../support/installed-program'
import { addEncoded, addLongRecording, addTracks, LONG, TRACKS } from '../support/recordings'
import { firstByte, seeks, startStreamServer, totalSent, type StreamServer } from '../support/stream-server'

jest.setTimeout(60_000)

const atTheEnd = makeEnder()

const HALF_AN_HOUR = 1800

let tracks: Workshop
let room: Workshop
let server: StreamServer
let longSize: number

beforeAll(async () => {
  tracks = makeWorkshop()
  atTheEnd(tracks.remove)
  addTracks(tracks)
  await addLongRecording(tracks)
  longSize = statSync(tracks.file(`${LONG}.mp3`)).size
  server = await startStreamServer(tracks.path)
  atTheEnd(server.close)
})

beforeEach(async () => {
  room = makeWorkshop()
  await server.served()
})

afterEach(() => {
  room.remove()
})

describe('mpv', () => {
  async function hear(input: string, start: number, output: string): Promise<void> {
    const quiet = ['--no-config', '--no-terminal', '--no-video', '--no-ytdl', '--cache=no']
    const where = [`--start=${start}`, '--length=1', '--demuxer-lavf-o=fflags=+fastseek']
    const sound = ['--ao=pcm', `--ao-pcm-file=${output}`]
    await runWell('mpv', [...quiet, ...where, ...sound, input], { cwd: room.path })
  }

  it.each(TRACKS)('plays %s from 40 s on', async id => {
    const args = ['--no-config', '--no-terminal', '--no-video', '--ao=null', '--start=40', '--length=1']
    expect(await run('mpv', [...args, server.url(id)], { cwd: room.path })).toMatchObject({ code: 0 })
    expect(await server.served()).toMatchObject([{ userAgent: 'libmpv', status: 206 }])
  })

  it('seeks half an hour into a long recording by a range, and plays what the file holds there', async () => {
    await hear(server.url(LONG), HALF_AN_HOUR, 'heard.wav')
    const served = await server.served()
    await hear(tracks.file(`${LONG}.mp3`), HALF_AN_HOUR, 'expected.wav')

    const heard = readFileSync(room.file('heard.wav'))
    expect(heard.length).toBeGreaterThan(150_000)
    expect(heard.equals(readFileSync(room.file('expected.wav')))).toBe(true)
    expect(firstByte(seeks(served)[0]?.range)).toBeGreaterThan(longSize / 2)
    expect(totalSent(served)).toBeLessThan(longSize / 2)
  })

  it('ends with 2 if the link is refused', async () => {
    const forged = server.url(LONG).replace(/sig=.{4}/, 'sig=0000')
    expect(await run('mpv', ['--no-config', '--ao=null', forged], { cwd: room.path })).toMatchObject({
      code: 2,
    })
  })
})

describe('VLC', () => {
  async function hear(url: string, start: number): Promise<void> {
    const quiet = ['-I', 'dummy', '--no-dbus', '--no-video', '--aout=afile', '--audiofile-file=heard.wav']
    const where = [`--start-time=${start}`, '--run-time=1', '--play-and-exit']
    // It will not run as root.
    await runWell('vlc', [...quiet, ...where, url, 'vlc://quit'], { cwd: room.path, unprivileged: true })
  }

  it('seeks half an hour into a long recording by a range of the same version', async () => {
    await hear(server.url(LONG), HALF_AN_HOUR)
    expect(statSync(room.file('heard.wav')).size).toBeGreaterThan(100_000)
    const served = await server.served()
    const [seek] = seeks(served)
    expect(firstByte(seek?.range)).toBeGreaterThan(longSize / 2)
    // VLC sends If-Match: the tag of its first answer must still hold.
    expect(seek?.isConditional).toBe(true)
  })

  it('plays nothing if the link is refused', async () => {
    await hear(server.url(LONG).replace(/sig=.{4}/, 'sig=0000'), 0)
    expect(existsSync(room.file('heard.wav'))).toBe(false)
    expect(new Set((await server.served()).map(({ status }) => status))).toEqual(new Set([403]))
  })
})

describe('MPD', () => {
  it('plays the end of a long recording as it plays that of the file', async () => {
    expect(await hearByMpd(room, server.url(LONG), 3340, 'heard')).toBeUndefined()
    expect(await hearByMpd(room, `file://${tracks.file(`${LONG}.mp3`)}`, 3340, 'expected')).toBeUndefined()
    const heard = readFileSync(room.file('heard'))
    expect(heard.length).toBeGreaterThan(20 * 176_400)
    expect(heard.equals(readFileSync(room.file('expected')))).toBe(true)
  })

  it('looks by ranges for the place to play from in flac', async () => {
    await addEncoded(tracks, 'tide-for-mpd.flac')
    const { size } = statSync(tracks.file('tide-for-mpd.flac'))
    expect(await hearByMpd(room, server.url('tide-for-mpd'), 60, 'heard')).toBeUndefined()
    const served = await server.served()
    await hearByMpd(room, `file://${tracks.file('tide-for-mpd.flac')}`, 60, 'expected')

    const heard = readFileSync(room.file('heard'))
    expect(heard.length).toBeGreaterThan(20 * 176_400)
    expect(heard.equals(readFileSync(room.file('expected')))).toBe(true)
    expect(Math.max(...seeks(served).map(({ range }) => firstByte(range) ?? 0))).toBeGreaterThan(size / 2)
  })

  it('reports a refused link', async () => {
    const forged = server.url(LONG).replace(/sig=.{4}/, 'sig=0000')
    expect(await hearByMpd(room, forged, 0, 'heard')).toMatch(/The requested URL returned error: 403$/)
  })
})

it.each(TRACKS)('mpg123 plays %s as it plays the file', async id => {
  await runWell('mpg123', ['-q', '-w', 'heard.wav', server.url(id)], { cwd: room.path })
  await runWell('mpg123', ['-q', '-w', 'expected.wav', tracks.file(`${id}.mp3`)], { cwd: room.path })
  const heard = readFileSync(room.file('heard.wav'))
  expect(heard.length).toBeGreaterThan(80 * 176_400)
  expect(heard.equals(readFileSync(room.file('expected.wav')))).toBe(true)
})

it.each(TRACKS)('GStreamer plays %s as it plays the file', async id => {
  const toWave = ['!', 'mpegaudioparse', '!', 'mpg123audiodec', '!', 'wavenc', '!', 'filesink']
  const overHttp = ['souphttpsrc', `location=${server.url(id)}`, ...toWave, 'location=heard.wav']
  const local = ['filesrc', `location=${tracks.file(`${id}.mp3`)}`, ...toWave, 'location=expected.wav']
  await runWell('gst-launch-1.0', ['-q', ...overHttp], { cwd: room.path })
  await runWell('gst-launch-1.0', ['-q', ...local], { cwd: room.path })
  const heard = readFileSync(room.file('heard.wav'))
  expect(heard.length).toBeGreaterThan(80 * 176_400)
  expect(heard.equals(readFileSync(room.file('expected.wav')))).toBe(true)
})
