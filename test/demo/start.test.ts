import { once } from 'node:events'
import { createServer, get, type IncomingMessage } from 'node:http'
import { connect, type AddressInfo } from 'node:net'
import { verifySignedUrl } from 'express-signed-stream'
import { ConfigError } from '../../demo/settings/config'
import { listenError } from '../../demo/process/listen'
import { startDemo, type RunningDemo } from '../../demo/start'
import { ask } from '../support/client'
import { makeTrackDirectory, pathFor, SECRET, TRACK } from '../support/tracks'

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
  'The page signs and revokes links for anyone who can reach it: in a real app, put your own login in front of /api'

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
  it('prints the address of the page, a signed link, and a curl line with a range', async () => {
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

  it('warns that the secret is random if none was given, and does not show it', async () => {
    const screen = new Screen()
    const demo = await start(screen, { SECRET_KEY: '' })
    expect(screen.lines).toContain(
      'SECRET_KEY is not set: links are signed with a random secret, and are invalid after a restart',
    )
    await demo.stop()
  })

  it('prints the address of the metrics', async () => {
    const token = 'a token of some length'
    const [main, own] = [new Screen(), new Screen()]
    const demos = [
      await start(main, { METRICS_TOKEN: token }),
      await start(own, { METRICS_PORT: '0', METRICS_HOST: '127.0.0.1' }),
    ]
    expect(main.lines).toContain(`Metrics:     http://localhost:${demos[0]?.port ?? 0}/metrics`)
    expect(own.lines).toContain(`Metrics:     http://127.0.0.1:${demos[1]?.metricsPort ?? 0}/metrics`)
    for (const demo of demos) await demo.stop()
  })

  it('warns if there are no tracks', async () => {
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

  it.each<[string, Record<string, string>, string]>([
    ['a short secret', { SECRET_KEY: 'short' }, 'SECRET_KEY must have 16 bytes or more, got 5'],
    [
      'no secret in production',
      { SECRET_KEY: '', NODE_ENV: 'production' },
      'SECRET_KEY must be set if NODE_ENV is production',
    ],
    [
      'a directory that does not exist',
      { AUDIO_DIR: '/no/such/directory' },
      'AUDIO_DIR must be a directory that can be read, got "/no/such/directory"',
    ],
    [
      'a host without an address',
      { HOST: 'no.such.host.invalid' },
      'HOST is "no.such.host.invalid", which has no address',
    ],
    [
      'a host elsewhere',
      { HOST: '192.0.2.1' },
      'HOST is "192.0.2.1", which is not an address of this machine',
    ],
    [
      'a host for metrics elsewhere',
      { METRICS_PORT: '0', METRICS_HOST: '192.0.2.1' },
      'METRICS_HOST is "192.0.2.1", which is not an address of this machine',
    ],
  ])('does not start with %s, and reports it in one line', async (_case, environment, line) => {
    const screen = new Screen()
    expect(await startDemo({ ...ENVIRONMENT, ...environment }, screen)).toBeUndefined()
    expect(screen).toMatchObject({ lines: [], errors: [`Cannot start: ${line}`] })
  })

  it.each(['STREAM_SERVER_PORT', 'METRICS_PORT'])(
    'does not start if %s is in use, and reports it in one line',
    async name => {
      const other = createServer().listen(0, '127.0.0.1')
      await once(other, 'listening')
      const { port } = other.address() as AddressInfo
      const screen = new Screen()
      expect(await startDemo({ ...ENVIRONMENT, [name]: String(port) }, screen)).toBeUndefined()
      expect(screen).toMatchObject({
        lines: [],
        errors: [`Cannot start: ${name} is ${port}, which another program uses: choose another`],
      })
      other.close()
    },
  )

  it('uses a secret exactly as given, and verifies links of the previous one', async () => {
    const secret = ' new "secret" #1 %20=\n$HOME '
    const demo = await start(new Screen(), { SECRET_KEY: secret, SECRET_KEY_PREVIOUS: SECRET })
    expect((await ask(demo.port, pathFor('track1'))).status).toBe(200)
    const { url } = JSON.parse((await ask(demo.port, '/api/sign/track1')).body.toString()) as { url: string }
    expect(verifySignedUrl(url, { secret })).toMatchObject({ valid: true })
    expect((await ask(demo.port, url)).status).toBe(200)
    await demo.stop()
  })

  it('listens on localhost by either of its addresses, and signs no links in production', async () => {
    const demo = await start(new Screen())
    expect((await fetch(`http://localhost:${demo.port}/healthz`)).status).toBe(200)
    expect((await ask(demo.port, '/healthz')).status).toBe(200)
    await demo.stop()

    const screen = new Screen()
    const open = await start(screen, { NODE_ENV: 'production' })
    expect((await ask(open.port, '/healthz')).status).toBe(200)
    expect(screen.lines).toContain(
      'OPEN_SIGNING is false: /api/sign, /api/tracks, /api/streams and /api/revoke respond with 403, so links must be signed elsewhere with the secret',
    )
    await open.stop()
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
    ['EADDRNOTAVAIL', 'HOST is "192.0.2.1", which is not an address of this machine'],
  ])('names the variable to change for %s', (code, message) => {
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

  it('lets a response in progress finish', async () => {
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
