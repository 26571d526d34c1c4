/** Every example of the doc comments, run as it is printed. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import http from 'node:http'
import { tmpdir } from 'node:os'
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
import { SECRET } from '../support/tracks'

const root = join(__dirname, '../..')

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

  hasAttribute(): boolean {
    return false
  }
}

const directory = mkdtempSync(join(tmpdir(), 'docstrings-'))
afterAll(() => {
  rmSync(directory, { recursive: true })
})

/** Express, but `listen` opens no port. */
function unheardExpress(): Express {
  const app = express()
  app.listen = (() => undefined) as unknown as Express['listen']
  return app
}
const modules: Readonly<Record<string, unknown>> = {
  'express-signed-stream': library,
  'express-signed-stream/client': client,
  'express-signed-stream/metrics': metrics,
  'express-signed-stream/testing': testing,
  'prom-client': promClient,
  express: Object.assign(unheardExpress, { default: unheardExpress, __esModule: true }),
  'node:http': {
    ...http,
    createServer: () => ({ listen: () => undefined }),
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
  fileState: ({ file }: library.FileStateOptions) => library.fileState({ file: join(directory, file) }),
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
  fetch: () => Promise.resolve(Response.json({ url })),
}

/** Runs `code`. */
function run(code: string): void {
  const { outputText } = ts.transpileModule(code, {
    compilerOptions: {
      module: ts.ModuleKind.CommonJS,
      target: ts.ScriptTarget.ES2022,
      esModuleInterop: true,
    },
  })
  const own = Object.entries(given).filter(([name]) => !declares(code, name))
  const parameters = ['require', 'exports', ...own.map(([name]) => name)]
  const values = [(name: string) => modules[name], {}, ...own.map(([, value]) => value)]
  Reflect.apply(compileFunction(outputText, parameters), undefined, values)
}

function declares(code: string, name: string): boolean {
  return new RegExp(`import [^\n]*\\b${name}\\b|const [^=\n]*\\b${name}\\b[^=\n]*=`).test(code)
}

beforeAll(() => {
  process.env['SECRET_KEY'] = SECRET
})
afterAll(() => {
  delete process.env['SECRET_KEY']
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
    expect(() => {
      run(code)
    }).not.toThrow()
  })
})
