/** The Dockerfile: what it makes starts and serves with nothing around it. */
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { ask } from '../support/client'
import { makeTrackDirectory, pathFor, SECRET, TRACK } from '../support/tracks'
import { startDeployed, type Deployed } from './deployed'
import { textsOf } from './dockerfile'
import { BUILD, DEPLOY, FINAL, makeImage, type Image } from './image'
import { startNginx } from './nginx'

/** Milliseconds: the packages are installed and the project is built. */
const BUILD_TIME = 480_000

const tracks = makeTrackDirectory()
tracks.write('track1.mp3', TRACK)
cpSync(join(__dirname, '../../audio/morning-tide.mp3'), join(tracks.path, 'morning-tide.mp3'))

let image: Image
let server: Deployed

async function start(environment: Readonly<Record<string, string>> = {}): Promise<Deployed> {
  const [program, ...args] = JSON.parse(textsOf(FINAL, 'CMD')[0] ?? '[]') as string[]
  expect(program).toBe('node')
  return startDeployed({ directory: image.directory, app: image.app, audio: tracks.path, args, environment })
}

beforeAll(async () => {
  image = await makeImage()
  server = await start()
}, BUILD_TIME)
afterAll(async () => {
  await server.stop('SIGTERM')
  rmSync(image.directory, { recursive: true })
  tracks.remove()
})

it('copies what the ignore file lets through, and nothing that it does not', () => {
  const ignored = readFileSync(join(DEPLOY, 'Dockerfile.dockerignore'), 'utf8').split('\n')
  const copied = textsOf(BUILD, 'COPY').flatMap(text => text.split(' ').slice(0, -1))
  expect(ignored.filter(line => line.startsWith('!')).sort()).toEqual(copied.map(name => `!${name}`).sort())
})

it('runs as a user by number who is not root', () => {
  expect(textsOf(FINAL, 'USER').join()).toMatch(/^[1-9][0-9]*:[1-9][0-9]*$/)
})

it('names the major version of the image it starts from, the same in both stages', () => {
  expect(FINAL?.from).toMatch(/^node:[0-9]+-slim$/)
  expect(BUILD?.from).toBe(FINAL?.from)
})

it('holds the server, its page, and the licences of what is in it', () => {
  expect(readdirSync(image.app).sort()).toEqual([
    'LICENSE',
    'THIRD-PARTY.txt',
    'bin',
    'node_modules',
    'package.json',
    'public',
    'server.js',
    'server.js.LEGAL.txt',
    'vendor',
  ])
  const licences = readFileSync(join(image.app, 'THIRD-PARTY.txt'), 'utf8')
  for (const name of ['@aws-sdk/client-s3', 'express', 'pino', 'redis', 'wavesurfer.js'])
    expect(licences).toMatch(new RegExp(`^${name} \\d`, 'm'))
})

it('serves a signed range', async () => {
  const answer = await ask(server.port, pathFor('track1'), { headers: { Range: 'bytes=1000-1999' } })
  expect(answer.status).toBe(206)
  expect(answer.body.equals(TRACK.subarray(1000, 2000))).toBe(true)
})

it('has the command line, to find out at night why a link is refused', async () => {
  const program = join(image.app, 'bin/express-signed-stream')
  const args = [program, 'explain', pathFor('track1', 1_800_000_000), '--at', '1800000060']
  const explained = promisify(execFile)(process.execPath, args, { env: { SECRET_KEY: SECRET } })
  await expect(explained).rejects.toMatchObject({
    code: 1,
    stdout: expect.stringContaining('expired') as string,
  })
})

/** What a file of the page asks for. */
const REFERENCES = [
  /(?:src|href)="([^"#:]+)"/g,
  /\bfrom\s*["'](\.[^"']+)["']/g,
  /\bimport\(?\s*["'](\.[^"']+)["']/g,
]

it('has all that its page asks for', async () => {
  const paths = ['/']
  for (const path of paths) {
    const { status, body } = await ask(server.port, path)
    expect([path, status]).toEqual([path, 200])
    const isMinified = path.endsWith('.esm.js')
    if (isMinified || !/(\/|\.js)$/.test(path)) continue
    for (const [, reference = ''] of REFERENCES.flatMap(pattern => [...body.toString().matchAll(pattern)])) {
      const { pathname } = new URL(reference, `http://page${path}`)
      if (!paths.includes(pathname)) paths.push(pathname)
    }
  }
  expect(paths).toEqual(
    expect.arrayContaining(['/page.js', '/page.css', '/vendor/client/index.js', '/vendor/wavesurfer.esm.js']),
  )
})

it('reports how long a track is, by the library that is a module only', async () => {
  async function durationOf(id: string): Promise<unknown> {
    const { body } = await ask(server.port, '/api/tracks')
    const { tracks: listed } = JSON.parse(body.toString()) as { tracks: { id: string; duration?: unknown }[] }
    return listed.find(track => track.id === id)?.duration
  }
  // A list waits a moment for durations, and has them at the next request.
  while ((await durationOf('morning-tide')) === undefined) await new Promise(setImmediate)
  expect(await durationOf('morning-tide')).toBeCloseTo(60, -2)
})

/** The exit code of the image's HEALTHCHECK. */
async function health(environment: Readonly<Record<string, string>>): Promise<unknown> {
  const [text = ''] = textsOf(FINAL, 'HEALTHCHECK')
  const [, ...args] = JSON.parse(text.slice(text.indexOf('['))) as string[]
  const [code] = (await once(spawn(process.execPath, args, { env: environment }), 'exit')) as [unknown]
  return code
}

it('is healthy by its own check while it runs, and drains at SIGTERM with nothing written anywhere', async () => {
  const other = await start()
  const environment = { ...other.environment, STREAM_SERVER_PORT: String(other.port) }
  expect(await health(environment)).toBe(0)
  expect(await other.stop(textsOf(FINAL, 'STOPSIGNAL')[0] as NodeJS.Signals)).toEqual([0, null])
  expect(other.log.at(-1)).toMatchObject({ msg: 'Drained', streams_cut: 0 })
  expect(await health(environment)).toBe(1)
  expect(readdirSync(join(image.directory, 'empty'))).toEqual([])
})

it('counts behind nginx the bytes that its clients received, and logs their addresses by one request id', async () => {
  const other = await start({ METRICS_PORT: '0', TRUST_PROXY: 'loopback', LOG_LEVEL: 'debug' })
  await using nginx = await startNginx(other.port)
  let received = 0
  for (const range of ['bytes=0-', 'bytes=1000-1999', 'bytes=0-9,100000-200000', 'bytes=-5']) {
    const headers = { Range: range, 'X-Forwarded-For': '203.0.113.9' }
    received += (await ask(nginx.port, pathFor('track1'), { headers })).body.length
  }
  const { body } = await ask(other.metricsPort, '/metrics')
  const counted = /^signed_stream_sent_bytes_total(?:\{[^}]*\})? ([0-9]+)$/m.exec(body.toString())?.[1]
  expect(Number(counted)).toBe(received)

  const { access } = await nginx.stop()
  await other.stop('SIGTERM')
  const ids = access
    .trim()
    .split('\n')
    .map(line => (JSON.parse(line) as { request_id: string }).request_id)
  const ended = other.log.filter(({ msg }) => msg === 'Stream completed')
  expect(ended.map(entry => entry['request_id'])).toEqual(ids)
  const requests = other.log.filter(({ msg }) => msg === 'Streaming request')
  expect(requests.map(entry => entry['client_ip'])).toEqual(ids.map(() => '127.0.0.1'))
})
