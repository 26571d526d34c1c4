/** Every example of the README and of the docstrings, run as it is printed. */
import { readdirSync, readFileSync } from 'node:fs'
import http, { type RequestListener } from 'node:http'
import { join } from 'node:path'
import { compileFunction } from 'node:vm'
import { S3Client } from '@aws-sdk/client-s3'
import express, { type Express } from 'express'
import * as library from 'express-signed-stream'
import * as httpEntry from 'express-signed-stream/http'
import * as metrics from 'express-signed-stream/metrics'
import * as redisEntry from 'express-signed-stream/redis'
import * as s3Entry from 'express-signed-stream/s3'
import * as testing from 'express-signed-stream/testing'
import * as promClient from 'prom-client'
import ts from 'typescript'
import { ask } from './support/client'
import { listen } from './support/server'
import { SECRET } from './support/tracks'

const root = join(__dirname, '..')
const readme = readFileSync(join(root, 'README.md'), 'utf8')

/** For browsers: its types need those of browsers, which test/client has. */
const client = jest.requireActual<Readonly<Record<'keepPlaying', unknown>>>('express-signed-stream/client')

/** An element that takes a link and plays nothing. */
class SilentAudio extends EventTarget {
  readonly ownerDocument = Object.assign(new EventTarget(), { hidden: false, defaultView: null })
  readonly buffered = { length: 0 }
  readonly paused = true
  readonly error = null
  src = ''
  currentTime = 0
}

/** The JSON that the app responds with to a page. */
let askApp: (path: string) => Promise<unknown>

/** The handler of the server that an example started. */
let started: RequestListener | undefined

/** Express, but `listen` leaves the handler to the test. */
function recordingExpress(): Express {
  const app = express()
  app.listen = (() => {
    started = app
  }) as unknown as Express['listen']
  return app
}
const modules: Readonly<Record<string, unknown>> = {
  'express-signed-stream': library,
  'express-signed-stream/client': client,
  'express-signed-stream/metrics': metrics,
  'express-signed-stream/testing': testing,
  'prom-client': promClient,
  express: Object.assign(recordingExpress, { default: recordingExpress, __esModule: true }),
  'node:http': {
    ...http,
    createServer: (handler: RequestListener) => ({
      listen: () => {
        started = handler
      },
    }),
  },
  'node:diagnostics_channel': jest.requireActual('node:diagnostics_channel'),
}

/** Names that examples of a line or two use without declaring them. */
const { secret, url } = { secret: SECRET, url: '/stream/track1?expires=1&sig=2' }
const histogram = { observe: () => undefined }
const given = {
  ...library,
  ...client,
  ...metrics,
  ...testing,
  ...httpEntry,
  ...s3Entry,
  ...redisEntry,
  S3Client,
  /** Of the package redis: connects to nothing. */
  createClient: () => ({
    on: () => undefined,
    connect: () => Promise.resolve(),
    sendCommand: () => Promise.reject(new Error('Not connected')),
  }),
  /** Of a test runner. */
  test: () => undefined,
  Registry: promClient.Registry,
  process,
  console,
  http,
  app: express(),
  secret,
  url,
  histogram,
  Audio: SilentAudio,
  audio: new SilentAudio(),
  fetch: async (path: string) => Response.json(await askApp(path)),
}

/** Runs `code` and returns the values of its variables `names`. */
function run(code: string, names: readonly string[] = []): Record<string, unknown> {
  const { outputText } = ts.transpileModule(`${code}\nexport const result = { ${names.join()} }`, {
    compilerOptions: {
      module: ts.ModuleKind.CommonJS,
      target: ts.ScriptTarget.ES2022,
      esModuleInterop: true,
    },
  })
  const exports: { result?: Record<string, unknown> } = {}
  const own = Object.entries(given).filter(([name]) => !declares(code, name))
  const parameters = ['require', 'exports', ...own.map(([name]) => name)]
  const values = [(name: string) => modules[name], exports, ...own.map(([, value]) => value)]
  Reflect.apply(compileFunction(outputText, parameters), undefined, values)
  return exports.result ?? {}
}

function declares(code: string, name: string): boolean {
  return new RegExp(`import [^\n]*\\b${name}\\b|const [^=\n]*\\b${name}\\b[^=\n]*=`).test(code)
}

function blocks(language: string): string[] {
  return Array.from(
    readme.matchAll(new RegExp(`\`\`\`${language}\n(.*?)\`\`\``, 'gs')),
    ([, code = '']) => code,
  )
}

beforeEach(() => {
  started = undefined
  askApp = () => Promise.resolve({ url })
  process.env['SECRET_KEY'] = SECRET
})
afterAll(() => {
  delete process.env['SECRET_KEY']
})

describe('the README', () => {
  const [
    mount = '',
    links = '',
    located = '',
    composed = '',
    plain = '',
    keeping = '',
    signing = '',
    watching = '',
    counting = '',
    ...others
  ] = blocks('ts')

  it('has no example that is not run here', () => {
    expect(others).toEqual([])
    expect(blocks('js')).toEqual([])
    // It needs openssl: test/players/openssl.test.ts runs it.
    expect(blocks('sh')).toHaveLength(1)
  })

  it('mounts the router and signs links that play', async () => {
    run(mount)
    await using server = await listen(started ?? (() => undefined))
    const signed = await ask(server.port, '/play/morning-tide')
    const { pathname, search } = new URL((JSON.parse(signed.body.toString()) as { url: string }).url)
    const answer = await ask(server.port, pathname + search, { headers: { Range: 'bytes=0-2' } })
    expect([answer.status, answer.body.toString()]).toEqual([206, 'ID3'])
  })

  it('makes links that say more, lists who listens, and takes links back', async () => {
    const log = jest.spyOn(console, 'log').mockImplementation(() => undefined)
    const { app, url: link } = run(links, ['app', 'url']) as { app: RequestListener; url: string }
    expect(link).toMatch(
      /^\/stream\/track1\?expires=\d+&terms=iat\.\d+\.ses\.14400\.sub\.u42&sig=[0-9a-f]{64}$/,
    )
    await using server = await listen(app)
    expect((await ask(server.port, link)).status).toBe(403)
    expect(log).toHaveBeenCalledWith(0, 'streams ended')
    log.mockRestore()
  })

  it('finds tracks by a database, and by paths', async () => {
    const log = jest.spyOn(console, 'log').mockImplementation(() => undefined)
    run(located)
    expect(log).toHaveBeenCalledWith('Artist--Album--01_-2d__Name-2e_flac')
    log.mockRestore()
    await using server = await listen(given.app)
    const expiry = { expiresIn: 60 }
    const stream = library.createSigner({ secret, baseUrl: '/stream' })
    const files = library.createSigner({ secret, baseUrl: '/files' })
    const byPath = files.signUrl(library.idFromPath('morning-tide.mp3'), expiry)
    expect((await ask(server.port, stream.signUrl('1042', expiry))).status).toBe(200)
    expect((await ask(server.port, stream.signUrl('1043', expiry))).status).toBe(404)
    expect((await ask(server.port, byPath)).status).toBe(200)
  })

  it('composes the middlewares', async () => {
    const log = jest.spyOn(console, 'log').mockImplementation(() => undefined)
    const { app } = run(composed, ['app']) as { app: RequestListener }
    await using server = await listen(app)
    const signer = library.createSigner({ secret, baseUrl: '/stream' })
    expect((await ask(server.port, signer.signUrl('morning-tide', { expiresIn: 60 }))).status).toBe(200)
    expect(log).toHaveBeenCalledWith('may be read until', expect.any(Number))
    const missing = await ask(server.port, signer.signUrl('missing', { expiresIn: 60 }))
    expect(missing.body.toString()).toBe('No such track')
    log.mockRestore()
  })

  it('serves without Express', async () => {
    run(plain)
    await using server = await listen(started ?? (() => undefined))
    const signer = library.createSigner({ secret, baseUrl: '/stream' })
    expect((await ask(server.port, signer.signUrl('morning-tide', { expiresIn: 60 }))).status).toBe(200)
  })

  it('keeps playing by links that the app signs', async () => {
    run(mount)
    await using server = await listen(started ?? (() => undefined))
    askApp = async path => JSON.parse((await ask(server.port, path)).body.toString()) as unknown
    const { audio, keeper } = run(keeping, ['audio', 'keeper']) as {
      audio: { src: string }
      keeper: { ready: Promise<void>; close: () => void }
    }
    await keeper.ready
    expect(audio.src).toMatch(/^https:\/\/api\.example\.com\/stream\/track1\?expires=\d+&sig=[0-9a-f]{64}$/)
    keeper.close()
  })

  it('signs and verifies', () => {
    const { signer } = run(signing, ['signer']) as { signer: library.Signer }
    const link = signer.signUrl('track1', { expiresIn: 3600 })
    expect(link).toMatch(/^https:\/\/api\.example\.com\/stream\/track1\?expires=\d+&sig=[0-9a-f]{64}$/)
    expect(library.verifySignedUrl(link, { secret })).toMatchObject({ valid: true })
  })

  it('counts bytes by a diagnostics channel', async () => {
    const { count } = run(`${watching}\nconst count = () => bytes`, ['count']) as { count: () => number }
    await using server = await listen(library.createStreamRouter(join(root, 'audio'), SECRET))
    const link = library.createSigner({ secret, baseUrl: '/' }).signUrl('morning-tide', { expiresIn: 60 })
    await ask(server.port, link, { headers: { Range: 'bytes=0-99' } })
    expect(count()).toBe(100)
  })

  it('counts for Prometheus', async () => {
    run(counting)
    await using server = await listen(started ?? (() => undefined))
    const { body } = await ask(server.port, '/')
    expect(body.toString()).toMatch(/^signed_stream_active_streams 0$/m)
    expect(body.toString()).toMatch(/^process_cpu_seconds_total /m)
    promClient.register.clear()
  })

  it('lists every code, with its status and text', () => {
    const rows = Array.from(readme.matchAll(/^\| (\d{3}) \| `([A-Z_]+)` \|.*\| ([^|]+) \|$/gm), match =>
      match.slice(1),
    )
    expect(rows).toHaveLength(19)
    for (const [status = '', code = '', text = ''] of rows) {
      expect(new library.StreamError(code as library.StreamErrorCode)).toMatchObject({
        status: Number(status),
        message: text.trim(),
      })
    }
  })
})

describe('a docstring', () => {
  const files = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' }).filter(file =>
    file.endsWith('.ts'),
  )
  const examples = files.flatMap(file => {
    const comments = readFileSync(join(root, 'src', file), 'utf8').match(/\/\*\*.*?\*\//gs) ?? []
    return comments.flatMap(comment => {
      const [, example] = comment.split(/@example\n/)
      const code = example?.replace(/\*\/$/, '').replace(/^ *\* ?/gm, '')
      return code === undefined ? [] : [[file, code] as const]
    })
  })

  it('has an example for each function that the package offers', () => {
    expect(examples.length).toBeGreaterThanOrEqual(10)
  })

  afterEach(() => {
    jest.restoreAllMocks()
  })

  it.each(examples)('of %s holds an example that runs: %s', (_file, code) => {
    jest.spyOn(console, 'log').mockImplementation(() => undefined)
    expect(() => run(code)).not.toThrow()
  })
})
