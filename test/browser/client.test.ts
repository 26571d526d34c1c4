/** Listening on across the expiry of links of a few seconds. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createSigner, type Signer } from 'express-signed-stream'
import ts from 'typescript'
import { makeEnder } from '../support/at-the-end'
import { makeWorkshop, runWell } from '../support/installed-program'
import { addEncoded, addLongRecording, addTracks, LONG, TRACKS } from '../support/recordings'
import { startStreamServer, type Served, type StreamServer } from '../support/stream-server'
import { listen, type RunningServer } from '../support/server'
import { SECRET } from '../support/tracks'
import { BROWSERS, type BrowserPage } from './browsers'
import { openForEachTest } from './each-page'
import { addSlowLine } from './slow-line'
import { launchWebKit } from './webkit'

jest.setTimeout(90_000)

const atTheEnd = makeEnder()
const PAGE = readFileSync(join(__dirname, 'client.html'))
const CLIENT = join(__dirname, '../../src/client')
const [SHORT] = TRACKS
/** Seconds; a link lives up to one more, for it is valid to the end of its last. */
const LIFE = 3
/** As long, in a container in which WebKitGTK seeks by ranges; in an mp3, it reads on until it is where it seeks. */
const LONG_M4A = 'long-tide-m4a'
/** Bytes in a second: the index of that recording comes in half of one, all of it not before a test has ended. */
const LINE = 1_500_000

let server: StreamServer
let app: RunningServer
let page: BrowserPage
/** Paths at which the app was asked to sign. */
let signings: string[]
let isAllowed: boolean

/** The sources as a browser takes them. */
function transpiled(name: string): string {
  return ts.transpileModule(readFileSync(join(CLIENT, name), 'utf8'), {
    compilerOptions: { module: ts.ModuleKind.ES2022, target: ts.ScriptTarget.ES2022 },
  }).outputText
}

beforeAll(async () => {
  const tracks = makeWorkshop()
  atTheEnd(tracks.remove)
  addTracks(tracks)
  await addLongRecording(tracks)
  await addEncoded(tracks, 'short-tide-m4a.m4a')
  const args = [
    '-v',
    'error',
    '-stream_loop',
    '39',
    '-i',
    'short-tide-m4a.m4a',
    '-c',
    'copy',
    '-movflags',
    '+faststart',
  ]
  await runWell('ffmpeg', [...args, `${LONG_M4A}.m4a`], { cwd: tracks.path })
  server = await startStreamServer(tracks.path)
  atTheEnd(() => server.close())
  const line = await addSlowLine(server.origin, LINE)
  atTheEnd(() => line.close())
  const [signer, slowSigner] = [server, line].map(({ origin }) =>
    createSigner({ secret: SECRET, baseUrl: `${origin}/stream` }),
  ) as [Signer, Signer]

  app = await listen((req, res) => {
    const { pathname, searchParams } = new URL(req.url ?? '', 'http://app')
    const [, first = '', name = ''] = pathname.split('/')
    if (first === 'client') {
      res.writeHead(200, { 'Content-Type': 'text/javascript' }).end(transpiled(name))
    } else if (first === 'sign') {
      signings.push(pathname)
      const link = (name === LONG_M4A ? slowSigner : signer).signUrl(name, {
        expiresIn: Number(searchParams.get('life')),
      })
      // Two links of one second are the same link.
      const url = `${link}&n=${signings.length}`
      res.writeHead(isAllowed ? 200 : 401, { 'Content-Type': 'application/json' })
      res.end(JSON.stringify({ url }))
    } else {
      res.writeHead(200, { 'Content-Type': 'text/html; charset=utf-8' }).end(PAGE)
    }
  })
  atTheEnd(() => app.close())
})

/** Runs the body of an async function in the page. */
function inPage<Result>(body: string): Promise<Result> {
  return page.evaluate<Result>(`(async () => { ${body} })()`)
}

/** What the server sent, after the page is gone. */
async function served(): Promise<readonly Served[]> {
  await page.close()
  return server.served()
}

async function expectNoRefusal(): Promise<void> {
  const statuses = (await served()).map(({ status }) => status)
  expect(statuses.length).toBeGreaterThan(0)
  expect(statuses.filter(status => status >= 400)).toEqual([])
}

describe.each([...BROWSERS, ['WebKit', launchWebKit] as const])('%s', (name, launch) => {
  const long = name === 'WebKit' ? LONG_M4A : LONG

  openForEachTest(launch, async opened => {
    signings = []
    isAllowed = true
    page = opened
    await page.goto(app.origin)
  })
  afterEach(() => server.served())

  it('plays on past two expiries, without a step back or aside', async () => {
    const { positions, isPaused } = await inPage<{ positions: number[]; isPaused: boolean }>(`
    await keep('${long}', ${LIFE})
    await audio.play()
    const positions = []
    audio.addEventListener('timeupdate', () => positions.push(audio.currentTime))
    await until(() => links.length >= 3 && isPast(links[1]))
    await advance(0.2)
    return { positions, isPaused: audio.paused }`)
    expect(isPaused).toBe(false)
    expect(positions.at(-1)).toBeGreaterThan(2)
    const steps = positions.map((position, index) => position - (positions[index - 1] ?? 0))
    // Browsers round to microseconds; and a busy machine tells of the time seldom.
    expect(Math.min(...steps)).toBeGreaterThan(-0.001)
    expect(Math.max(...steps)).toBeLessThan(3)
    await expectNoRefusal()
  })

  it('seeks after the first link has expired', async () => {
    const position = await inPage(`
    await keep('${long}', ${LIFE})
    await audio.play()
    await until(() => isPast(links[0]))
    await seek(1800)
    return advance(0.3)`)
    expect(position).toBeGreaterThan(1800.2)
    expect(position).toBeLessThan(1803)
    await expectNoRefusal()
  })

  it('stays paused at its second while links expire, and resumes there', async () => {
    const { before, after, isPaused, resumed } = await inPage<Record<string, number>>(`
    await keep('${long}', ${LIFE})
    await audio.play()
    await advance(0.3)
    audio.pause()
    const before = audio.currentTime
    while (!isPast(links[0])) await happens('renew', client)
    await until(() => audio.readyState > 0, 'loadedmetadata')
    const { currentTime: after, paused: isPaused } = audio
    await audio.play()
    return { before, after, isPaused, resumed: await advance(0.3) }`)
    expect(isPaused).toBe(true)
    expect(after).toBeCloseTo(before ?? NaN, 1)
    expect(resumed).toBeGreaterThan((before ?? NaN) + 0.2)
    expect(resumed).toBeLessThan((before ?? NaN) + 2)
    await expectNoRefusal()
  })

  it('keeps rate, pitch, volume and whether it is muted', async () => {
    const kept = await inPage(`
    await keep('${long}', ${LIFE})
    await audio.play()
    await advance(0.1)
    Object.assign(audio, { playbackRate: 1.5, preservesPitch: false, volume: 0.25, muted: true })
    const { length } = links
    await until(() => links.length > length && isPast(links[0]))
    await advance(0.1)
    const { playbackRate, defaultPlaybackRate, preservesPitch, muted, paused } = audio
    // PulseAudio keeps a volume as a whole number of its own.
    const volume = Math.round(audio.volume * 100) / 100
    return { playbackRate, defaultPlaybackRate, preservesPitch, volume, muted, paused }`)
    expect(kept).toEqual({
      playbackRate: 1.5,
      defaultPlaybackRate: 1,
      preservesPitch: false,
      volume: 0.25,
      muted: true,
      paused: false,
    })
    await expectNoRefusal()
  })

  it('ends at the position of the last of many seeks, some of them while the link is replaced', async () => {
    const { position, renewals } = await inPage<{ position: number; renewals: number }>(`
    await keep('${long}', 600)
    await audio.play()
    audio.currentTime = 100
    const renewed = player.renew()
    audio.currentTime = 200
    await renewed
    for (let seconds = 300; seconds <= 900; seconds += 100) audio.currentTime = seconds
    await happens('seeked')
    return { position: await advance(0.3), renewals: links.length - 1 }`)
    expect(position).toBeGreaterThan(900.2)
    expect(position).toBeLessThan(903)
    expect(renewals).toBe(1)
  })

  it('does not touch an element that has all it needs', async () => {
    const [first, put, last] = await inPage<string[]>(`
    await keep('${SHORT}', ${LIFE})
    await audio.play()
    await until(() => audio.buffered.length === 1 && audio.buffered.end(0) >= audio.duration - 0.2)
    const link = links.at(-1)
    await until(() => isPast(link))
    await seek(60)
    await advance(0.3)
    return [link.url, audio.src, links.at(-1).url]`)
    expect([put, last]).toEqual([first, first])
    await expectNoRefusal()
  })

  it('fetches nothing by itself with preload=none, and plays after the first link has expired', async () => {
    await inPage(`
    audio.preload = 'none'
    await keep('${long}', ${LIFE})
    while (!isPast(links[0])) await happens('renew', client)`)
    expect(signings.length).toBeGreaterThan(1)
    expect(await server.servedWhen(() => true)).toEqual([])
    await inPage(`await audio.play(); await advance(0.3)`)
    await expectNoRefusal()
  })

  it('plays on at the position of the seek when a link has expired unnoticed', async () => {
    const { position, events } = await inPage<{ position: number; events: string[] }>(`
    await keep('${long}', 1, { shown: { expiresIn: 600 } })
    await audio.play()
    await until(() => isPast(links[0]))
    audio.currentTime = 1800
    await happens('renew', client)
    return { position: await advance(0.3), events }`)
    expect(position).toBeGreaterThan(1800.2)
    expect(position).toBeLessThan(1803)
    expect(events).not.toContain('give up')
    const statuses = (await served()).map(({ status }) => status)
    expect(statuses).toContain(403)
  })

  // WebKitGTK that has fetched far ahead stays at HAVE_CURRENT_DATA after a seek, and plays.
  it('is not taken for one that stalls while it plays', async () => {
    const { position, events } = await inPage<{ position: number; events: string[] }>(`
    await keep('${LONG}', 600)
    await audio.play()
    await advance(1.5)
    await seek(1800)
    return { position: await advance(8), events }`)
    expect(position).toBeGreaterThan(1808)
    expect(signings).toHaveLength(1)
    expect(events).not.toContain('give up')
  })

  it('ends once, though it is renewed at the end', async () => {
    const { events, isPaused } = await inPage<{ events: string[]; isPaused: boolean }>(`
    await keep('${SHORT}', 600)
    await audio.play()
    audio.currentTime = audio.duration - 0.5
    await happens('ended')
    await player.renew()
    await happens('canplay')
    return { events, isPaused: audio.paused }`)
    expect(isPaused).toBe(true)
    expect(events.filter(type => type === 'ended')).toHaveLength(1)
  })

  it('stays paused with autoplay, once it was paused', async () => {
    const { isPaused, position } = await inPage<{ isPaused: boolean; position: number }>(`
    audio.autoplay = true
    await keep('${long}', 600)
    await advance(0.3)
    audio.pause()
    const before = audio.currentTime
    await player.renew()
    await happens('canplaythrough')
    return { isPaused: audio.paused, position: audio.currentTime - before }`)
    expect(isPaused).toBe(true)
    expect(position).toBeCloseTo(0, 1)
  })

  it('plays a first link that comes after play()', async () => {
    const position = await inPage(`
    audio.play().catch(() => {})
    await keep('${long}', 600)
    return advance(0.3)`)
    expect(position).toBeGreaterThan(0.2)
  })

  it('gives up if the app no longer signs, and plays on once it does again', async () => {
    isAllowed = false
    await inPage(`
    const gaveUp = happens('give up', client)
    keep('${long}', 600).catch(() => {})
    const { error } = await gaveUp
    if (error.message !== 'Refused with 401') throw error`)
    expect(signings).toHaveLength(2)
    isAllowed = true
    const position = await inPage(`
    audio.play().catch(() => {})
    await happens('renew', client)
    return advance(0.3)`)
    expect(position).toBeGreaterThan(0.2)
  })

  it('is stopped when the server refuses to sign, and plays nothing of its buffer', async () => {
    await inPage(`
    await keep('${long}', 1, {
      sign: ({ signal }) => fetch('/sign/${long}?life=1', { signal }).then(refuseOr(link => ({ ...link, expiresIn: 600 }))),
      onRefused({ status }) {
        events.push(status)
        player.stop()
        client.dispatchEvent(new Event('refused'))
      },
    })
    await audio.play()
    await until(() => isPast(links[0]))`)
    isAllowed = false
    const { state, events } = await inPage<{ state: unknown[]; events: unknown[] }>(`
    const refused = happens('refused', client)
    // Its link has expired, so the server refuses the range.
    audio.currentTime = 1800
    await refused
    audio.play().catch(() => {})
    await new Promise(requestAnimationFrame)
    const { readyState, currentTime, buffered } = audio
    return { state: [audio.hasAttribute('src'), readyState, currentTime, buffered.length], events }`)
    expect(state).toEqual([false, 0, 0, 0])
    expect(events.filter(type => type === 401)).toHaveLength(1)
    expect(events).not.toContain('give up')
    expect(signings).toHaveLength(2)
    expect((await served()).map(({ status }) => status)).toContain(403)
  })
})
