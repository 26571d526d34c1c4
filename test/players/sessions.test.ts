/** Players that listen on after the expiry of their link, because they began before it. */
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { createLinks, STREAM_CHANNELS, type Links, type TermOptions } from 'express-signed-stream'
import { makeEnder } from '../support/at-the-end'
import { makeWorkshop, run, runWell, type Workshop } from '../support/installed-program'
import { addEncoded, addLongRecording, LONG } from '../support/recordings'
import { firstByte, startStreamServer, type Served, type StreamServer } from '../support/stream-server'
import { SECRET } from '../support/tracks'
import { hearByMpd } from './mpd'

jest.setTimeout(60_000)

const atTheEnd = makeEnder()

const NOW = 1_800_000_000
const HALF_AN_HOUR = 1800
/** GStreamer looks at the end of this one for its length. */
const OGG = 'tide-as-ogg'
const FLAC = 'tide-as-flac'

let tracks: Workshop
let room: Workshop
/** The time of the servers. */
let now = NOW

beforeAll(async () => {
  tracks = makeWorkshop()
  atTheEnd(tracks.remove)
  await addLongRecording(tracks)
  await addEncoded(tracks, `${OGG}.ogg`)
  await addEncoded(tracks, `${FLAC}.flac`)
  subscribe(STREAM_CHANNELS.request, passExpiry)
  atTheEnd(() => unsubscribe(STREAM_CHANNELS.request, passExpiry))
})
beforeEach(() => {
  room = makeWorkshop()
  now = NOW
})
afterEach(() => {
  room.remove()
})

/** Links expire as soon as the first bytes are sent. */
function passExpiry(): void {
  now = NOW + 301
}

interface Shop {
  readonly links: Links
  readonly server: StreamServer
}

async function open(address: boolean): Promise<Shop> {
  const links = createLinks({ secret: SECRET, now: () => now, sessions: { address } })
  const server = await startStreamServer(tracks.path, undefined, { links })
  atTheEnd(server.close)
  return { links, server }
}

/** A player that begins, and then asks for another part of the track. */
interface Player {
  readonly name: string
  readonly id: string
  /** Whether it returns cookies, and so continues when its address does not count. */
  readonly returnsCookies: boolean
  /** Resolves when it has ended, however. */
  readonly hear: (url: string) => Promise<unknown>
  /** Whether it played from where it asked for. */
  readonly hasPlayed: () => boolean
}

function heardAtLeast(bytes: number): () => boolean {
  return () => existsSync(room.file('heard')) && statSync(room.file('heard')).size > bytes
}

function curl(url: string, ...args: readonly string[]): Promise<unknown> {
  return run('curl', ['-s', '-f', '-o', 'heard', ...args, url], { cwd: room.path })
}

const mpv: Player = {
  name: 'mpv',
  id: LONG,
  returnsCookies: true,
  async hear(url) {
    const quiet = ['--no-config', '--no-terminal', '--no-video', '--no-ytdl', '--cache=no']
    const where = [`--start=${HALF_AN_HOUR}`, '--length=1', '--demuxer-lavf-o=fflags=+fastseek']
    const sound = ['--ao=pcm', '--ao-pcm-file=heard']
    await run('mpv', [...quiet, ...where, ...sound, url], { cwd: room.path })
  },
  hasPlayed: heardAtLeast(150_000),
}

const ffmpeg: Player = {
  name: 'ffmpeg',
  id: LONG,
  returnsCookies: true,
  async hear(url) {
    const from = ['-v', 'error', '-nostdin', '-fflags', '+fastseek', '-ss', `${HALF_AN_HOUR}`, '-i', url]
    await run('ffmpeg', [...from, '-t', '1', '-f', 's16le', 'heard'], { cwd: room.path })
  },
  hasPlayed: heardAtLeast(150_000),
}

const gstreamer: Player = {
  name: 'GStreamer',
  id: OGG,
  returnsCookies: true,
  async hear(url) {
    const toFile = ['!', 'oggdemux', '!', 'filesink', 'location=heard']
    await run('gst-launch-1.0', ['-q', 'souphttpsrc', `location=${url}`, ...toFile], { cwd: room.path })
  },
  hasPlayed: heardAtLeast(500_000),
}

const PLAYERS: readonly Player[] = [
  mpv,
  ffmpeg,
  gstreamer,
  {
    name: 'VLC',
    id: LONG,
    returnsCookies: true,
    async hear(url) {
      const quiet = ['-I', 'dummy', '--no-dbus', '--no-video', '--aout=afile', '--audiofile-file=heard']
      const where = [`--start-time=${HALF_AN_HOUR}`, '--run-time=1', '--play-and-exit']
      await runWell('vlc', [...quiet, ...where, url, 'vlc://quit'], { cwd: room.path, unprivileged: true })
    },
    hasPlayed: heardAtLeast(100_000),
  },
  {
    name: 'MPD',
    id: FLAC,
    returnsCookies: false,
    hear: url => hearByMpd(room, url, 60, 'heard'),
    hasPlayed: heardAtLeast(20 * 176_400),
  },
  {
    name: 'curl with a cookie jar',
    id: LONG,
    returnsCookies: true,
    async hear(url) {
      await curl(url, '-r', '0-99', '-c', 'jar')
      await curl(url, '-r', '20000000-20000999', '-b', 'jar')
    },
    hasPlayed: () => statSync(room.file('heard')).size === 1000,
  },
  {
    name: 'curl without a cookie jar',
    id: LONG,
    returnsCookies: false,
    async hear(url) {
      await curl(url, '-r', '0-99')
      await curl(url, '-r', '20000000-20000999')
    },
    hasPlayed: () => statSync(room.file('heard')).size === 1000,
  },
]

/** The requests after the one with which it began; that may end after them. */
function later(served: readonly Served[]): readonly Served[] {
  const begun = served.findIndex(
    ({ status, hasCookie, range }) => status < 300 && !hasCookie && (firstByte(range) ?? 0) === 0,
  )
  expect(begun).not.toBe(-1)
  return served.toSpliced(begun, 1)
}

describe.each([true, false])('if the address counts: %p', address => {
  let shop: Shop
  let count = 0

  beforeAll(async () => {
    shop = await open(address)
  })

  function link(id: string, terms: TermOptions = { playFor: '4h' }): string {
    const { url } = shop.links.createLink(id, { expiresIn: 300, ...terms, linkId: `link-${(count += 1)}` })
    return `${shop.server.origin}/stream${url}`
  }

  it.each(PLAYERS)('$name continues after the expiry, if it can be recognised', async player => {
    await player.hear(link(player.id))
    const others = later(await shop.server.served())
    expect(others.length).toBeGreaterThan(0)
    if (address || player.returnsCookies) {
      expect(others.map(({ status }) => status)).toEqual(others.map(() => 206))
      expect(others.map(({ hasCookie }) => hasCookie)).toEqual(others.map(() => player.returnsCookies))
      expect(Math.max(...others.map(({ range }) => firstByte(range) ?? 0))).toBeGreaterThan(500_000)
      expect(player.hasPlayed()).toBe(true)
    } else {
      expect(new Set(others.map(({ status, code }) => `${status} ${String(code)}`))).toEqual(
        new Set(['403 SIGNATURE_EXPIRED']),
      )
      expect(player.hasPlayed()).toBe(false)
    }
  })

  it('refuses ffmpeg another part by a link without playFor', async () => {
    await ffmpeg.hear(link(ffmpeg.id, {}))
    const others = later(await shop.server.served())
    expect(new Set(others.map(({ code }) => code))).toEqual(new Set(['SIGNATURE_EXPIRED']))
  })

  it('mpv does not begin after the expiry', async () => {
    const url = link(mpv.id)
    now = NOW + 301
    await mpv.hear(url)
    const served = await shop.server.served()
    expect(new Set(served.map(({ status }) => status))).toEqual(new Set([403]))
    expect(mpv.hasPlayed()).toBe(false)
  })

  describe('a link for one at a time', () => {
    it('lets aria2 load by four connections at once', async () => {
      const quiet = ['--no-conf', '--quiet', '--out=heard', '--max-tries=1']
      const parts = ['--split=4', '--max-connection-per-server=4', '--min-split-size=1M']
      const url = link(LONG, { playFor: '4h', streams: 1 })
      await runWell('aria2c', [...quiet, ...parts, url], { cwd: room.path })
      expect(readFileSync(room.file('heard')).equals(readFileSync(tracks.file(`${LONG}.mp3`)))).toBe(true)
      const served = await shop.server.served()
      expect(served.length).toBeGreaterThanOrEqual(4)
      expect(served.filter(({ status }) => status >= 400)).toEqual([])
    })

    it.each([mpv, ffmpeg, gstreamer])('lets $name seek', async player => {
      await player.hear(link(player.id, { playFor: '4h', streams: 1 }))
      const served = await shop.server.served()
      expect(served.length).toBeGreaterThan(1)
      expect(served.filter(({ status }) => status >= 400)).toEqual([])
      expect(player.hasPlayed()).toBe(true)
    })
  })

  describe('a link for one listener', () => {
    it.each([mpv, ffmpeg, gstreamer])('plays in $name, which sends several requests', async player => {
      await player.hear(link(player.id, { playFor: '4h', uses: 1 }))
      const served = await shop.server.served()
      expect(served.length).toBeGreaterThan(1)
      expect(served.filter(({ status }) => status >= 400)).toEqual([])
      expect(player.hasPlayed()).toBe(true)
    })
  })

  it('distinguishes a second listener by the address, or not at all', async () => {
    const url = link(LONG, { playFor: '4h', uses: 1 })
    await curl(url, '-r', '0-99')
    now = NOW
    await curl(url, '-r', '0-99')
    const codes = (await shop.server.served()).map(({ status, code }) => code ?? status)
    expect(codes).toEqual([206, address ? 206 : 'LINK_USED_UP'])
  })
})
