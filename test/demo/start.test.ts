import { once } from 'node:events'
import { createServer, get, type IncomingMessage } from 'node:http'
import { connect, type AddressInfo } from 'node:net'
import { ConfigError } from '../../demo/settings/config'
import { listenError } from '../../demo/process/listen'
import { startDemo, type RunningDemo } from '../../demo/start'
import { ask } from '../support/client'
import { makeTrackDirectory, SECRET, TRACK } from '../support/tracks'

const directory = makeTrackDirectory()
directory.write('track1.mp3', TRACK)
afterAll(directory.remove)

const ENVIRONMENT = {
  STREAM_SERVER_PORT: '0',
  SECRET_KEY: SECRET,
  AUDIO_DIR: directory.path,
  LOG_FORMAT: 'pretty',
  LOG_LEVEL: 'error',
}

const OPEN_SIGNING_LINE =
  'The page signs links for anyone who can reach it: in a real app, put your own login in front of /api/sign'

/** What a terminal would show. */
class Screen {
  readonly lines: string[] = []
  readonly errors: string[] = []
  log = (line: string): void => void this.lines.push(line)
  error = (line: string): void => void this.errors.push(line)
}

async function start(screen: Screen, environment: Record<string, string> = {}): Promise<RunningDemo> {
  const demo = await startDemo({ ...ENVIRONMENT, ...environment }, screen)
  if (demo === undefined) throw new Error(screen.errors.join('\n'))
  return demo
}

describe('startDemo', () => {
  it('says where the page is, a signed link, and a curl line with a range', async () => {
    const screen = new Screen()
    const demo = await start(screen)
    const { lines } = screen
    const link = `http://localhost:${demo.port}/stream/track1\\?expires=[0-9]+&sig=[0-9a-f]{64}`
    expect(lines).toEqual([
      `Page:        http://localhost:${demo.port}/`,
      expect.stringMatching(new RegExp(`^Signed link: ${link}$`)),
      expect.stringMatching(
        new RegExp(`^Try a range: curl -sS -D - -o part\\.audio -H 'Range: bytes=0-1023' '${link}'$`),
      ),
      OPEN_SIGNING_LINE,
    ])

    const path = /\/stream\/\S+/.exec(lines[1] ?? '')?.[0] ?? ''
    const answer = await ask(demo.port, path, { headers: { Range: 'bytes=0-1023' } })
    expect(answer.status).toBe(206)
    expect(answer.body.equals(TRACK.subarray(0, 1024))).toBe(true)
    await demo.stop()
  })

  it('says that the secret is random where none was given, and does not show it', async () => {
    const screen = new Screen()
    const demo = await start(screen, { SECRET_KEY: '' })
    expect(screen.lines).toContain(
      'SECRET_KEY is not set: links are signed with a random secret and die with this run',
    )
    await demo.stop()
  })

  it('says where to put tracks where there are none', async () => {
    const empty = makeTrackDirectory()
    const screen = new Screen()
    const demo = await start(screen, { AUDIO_DIR: empty.path })
    expect(screen.lines).toEqual([
      `Page:        http://localhost:${demo.port}/`,
      `No tracks in ${empty.path}`,
      OPEN_SIGNING_LINE,
    ])
    await demo.stop()
    empty.remove()
  })

  it('refuses a wrong environment in one line', async () => {
    const screen = new Screen()
    expect(
      await startDemo({ ...ENVIRONMENT, SECRET_KEY: '', NODE_ENV: 'production' }, screen),
    ).toBeUndefined()
    expect(screen).toMatchObject({
      lines: [],
      errors: ['Cannot start: SECRET_KEY must be set where NODE_ENV is production'],
    })
  })

  it('refuses a port that is taken in one line', async () => {
    const other = createServer().listen(0)
    await once(other, 'listening')
    const { port } = other.address() as AddressInfo
    const screen = new Screen()
    expect(await startDemo({ ...ENVIRONMENT, STREAM_SERVER_PORT: String(port) }, screen)).toBeUndefined()
    expect(screen).toMatchObject({
      lines: [],
      errors: [`Cannot start: STREAM_SERVER_PORT is ${port}, which another program uses: choose another`],
    })
    other.close()
  })
})

describe('listenError', () => {
  const place = {
    port: 80,
    host: '192.0.2.1',
    variables: { port: 'STREAM_SERVER_PORT', host: 'HOST' },
  } as const

  it.each([
    ['EACCES', 'STREAM_SERVER_PORT is 80, which this user may not open: choose one above 1023'],
    ['EADDRINUSE', 'STREAM_SERVER_PORT is 80, which another program uses: choose another'],
    ['EADDRNOTAVAIL', 'HOST is "192.0.2.1", which is no address of this machine'],
  ])('names the variable that %s means', (code, message) => {
    expect(listenError(Object.assign(new Error(`listen ${code}`), { code }), place)).toEqual(
      new ConfigError(message),
    )
  })

  it('leaves any other error as it is', () => {
    const error = new Error('out of luck')
    expect(listenError(error, place)).toBe(error)
  })
})

describe('stop', () => {
  it('ends idle connections and takes no new ones', async () => {
    const demo = await start(new Screen())
    const idle = connect(demo.port, '127.0.0.1')
    idle.write('GET /api/tracks HTTP/1.1\r\nHost: localhost\r\n\r\n')
    await once(idle, 'data')
    const ended = once(idle, 'close')
    await demo.stop()
    await ended
    await expect(ask(demo.port, '/')).rejects.toMatchObject({ code: 'ECONNREFUSED' })
  })

  it('lets an answer under way come to its end', async () => {
    const large = Buffer.alloc(20_000_000, 'music')
    directory.write('long.mp3', large)
    const demo = await start(new Screen())
    const { url } = JSON.parse((await ask(demo.port, '/api/sign/long')).body.toString()) as { url: string }
    const [answer] = (await once(
      get({ host: '127.0.0.1', port: demo.port, path: url, agent: false }),
      'response',
    )) as [IncomingMessage]
    const stopped = demo.stop()
    let bytes = 0
    for await (const chunk of answer) bytes += (chunk as Buffer).length
    expect(bytes).toBe(20_000_000)
    await stopped
  })
})
