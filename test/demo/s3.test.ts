/** A bucket as the library of the demo: listed, signed and played, with as few requests to the store as it takes. */
import { idFromPath } from 'express-signed-stream'
import { startDemo, type RunningDemo } from '../../demo/start'
import { ask, type Answer } from '../support/client'
import { Run } from '../support/demo-program'
import { eventually } from '../support/eventually'
import { queryFor, SECRET, TRACK } from '../support/tracks'
import { sendError, startFakeBucket, type FakeBucket } from './fake-bucket'
import { runDemo, type Running } from './running'
import { PATHS } from './tree-paths'

const CREDENTIALS = { AWS_ACCESS_KEY_ID: 'testaccess', AWS_SECRET_ACCESS_KEY: 'testsecretkey' }
Object.assign(process.env, CREDENTIALS)

const OTHERS = [
  'Elsewhere/outside.mp3',
  'Albums.mp3',
  'Albums/',
  'Albums/Artist/',
  'Albums/Artist/cover.jpg',
  'Albums//empty.mp3',
  'Albums/.hidden.mp3',
  'Albums/.Trash/deleted.mp3',
  'Albums/../up.mp3',
]

let bucket: FakeBucket
let demo: Running

beforeAll(async () => {
  bucket = await startFakeBucket()
  bucket.pageSize = 4
  for (const path of PATHS) bucket.objects.set(`Albums/${path}`, TRACK)
  for (const key of OTHERS) bucket.objects.set(key, TRACK)
  demo = await runDemo('', bucket.environment('Albums'))
})

afterAll(async () => {
  await demo[Symbol.asyncDispose]()
  await bucket[Symbol.asyncDispose]()
})

interface Page {
  readonly tracks: readonly { readonly id: string; readonly path: string }[]
  readonly next?: string
  readonly isComplete?: boolean
  readonly library: string
}

async function pageOf({ port }: Pick<Running, 'port'>, query = ''): Promise<Page> {
  const { status, body } = await ask(port, `/api/tracks${query}`)
  expect(status).toBe(200)
  return JSON.parse(body.toString()) as Page
}

async function play({ port }: Pick<Running, 'port'>, id: string): Promise<Answer> {
  const signed = await ask(port, `/api/sign/${encodeURIComponent(id)}`)
  expect(signed.status).toBe(200)
  const { url } = JSON.parse(signed.body.toString()) as { url: string }
  return ask(port, url, { headers: { Range: 'bytes=1000-1999' } })
}

function isListing(url: string | undefined): boolean {
  return url?.includes('list-type=2') === true
}

describe('SOURCE=s3://music/Albums', () => {
  it('lists the keys below the prefix as a tree of folders, without a request for any of them', async () => {
    await using fresh = await runDemo('', bucket.environment('Albums'))
    bucket.requests.length = 0
    const pages = await Promise.all(Array.from({ length: 20 }, () => pageOf(fresh)))
    for (const { tracks } of pages) expect(tracks.map(({ path }) => path)).toEqual(PATHS)
    expect(pages[0]?.library).toBe('s3')
    expect(pages[0]?.tracks[7]).toEqual({
      id: 'Artist--Album--01_-2d__Intro-2e_flac',
      path: 'Artist/Album/01 - Intro.flac',
      size: 300_000,
      type: 'audio/flac',
      duration: null,
    })
    // The start has listed them already.
    expect(bucket.requests).toEqual([])
  })

  it.each(PATHS)('signs and plays %j', async path => {
    const answer = await play(demo, idFromPath(path))
    expect([answer.status, answer.headers['content-range']]).toEqual([206, 'bytes 1000-1999/300000'])
    expect(answer.body.equals(TRACK.subarray(1000, 2000))).toBe(true)
  })

  it('has pages that continue in any folder', async () => {
    const listed: string[] = []
    for (let query = '?limit=2'; ;) {
      const { tracks, next } = await pageOf(demo, query)
      listed.push(...tracks.map(({ path }) => path))
      if (next === undefined) break
      query = `?limit=2&after=${encodeURIComponent(next)}`
    }
    expect(listed).toEqual(PATHS)
  })

  it.each(OTHERS.filter(key => key.startsWith('Albums/')))('responds with 404 to %j', async key => {
    const id = encodePath(key.slice('Albums/'.length))
    bucket.requests.length = 0
    expect((await ask(demo.port, `/api/sign/${encodeURIComponent(id)}`)).status).toBe(404)
    const { status } = await ask(demo.port, `/stream/${encodeURIComponent(id)}?${queryFor(id)}`)
    // An empty path has no id at all.
    expect(status).toBe(404)
    expect(bucket.requests).toEqual([])
  })

  it('lists keys that XML cannot hold, and names those that cannot be ids once in the log', async () => {
    await using odd = await startFakeBucket()
    const long = `${'long/'.repeat(25)}${'name'.repeat(100)}.mp3`
    for (const key of ['bell \u0007.mp3', long, 'plain.mp3']) odd.objects.set(key, TRACK)
    const { demo: other, lines } = await start(odd)
    expect((await pageOf(other)).tracks.map(({ path }) => path)).toEqual(['bell \u0007.mp3', 'plain.mp3'])
    expect((await play(other, idFromPath('bell \u0007.mp3'))).status).toBe(206)
    const omissions = lines.filter(line => line.includes('Tracks are not listed: their paths cannot be ids'))
    expect(omissions).toHaveLength(1)
    expect(omissions[0]).toContain(`{"tracks":1,"paths":["${long.slice(0, 256)}"]}`)
    await other.stop()
  })
})

/** Starts a demo, and keeps all that it prints. */
async function start(store: FakeBucket): Promise<{ demo: RunningDemo; lines: string[] }> {
  const lines: string[] = []
  const output = { log: (line: string) => lines.push(line), error: (line: string) => lines.push(line) }
  const settings = { STREAM_SERVER_PORT: '0', SECRET_KEY: SECRET, LOG_FORMAT: 'pretty' }
  const started = await startDemo({ ...settings, ...store.environment('') }, output)
  if (started === undefined) throw new Error(lines.join('\n'))
  return { demo: started, lines }
}

/** As {@link idFromPath}, which refuses what leads nowhere. */
function encodePath(path: string): string {
  return path.replaceAll('.', '-2e_').replaceAll('/', '--') || '--'
}

describe('a store that fails', () => {
  it('does not keep the demo from starting, and is used when it works again', async () => {
    await using store = await startFakeBucket()
    store.objects.set('song.mp3', TRACK)
    store.fault = (_req, res) => {
      sendError(res, 403, 'InvalidAccessKeyId')
      return 'answered'
    }
    const { demo: started, lines } = await start(store)
    expect(lines).toContain(
      'Cannot list the tracks in s3://music/: InvalidAccessKeyId: A secret of the store',
    )
    const refused = await ask(started.port, '/api/tracks')
    expect([refused.status, refused.body.toString()]).toEqual([
      503,
      '{"error":"The tracks cannot be read at the moment"}',
    ])
    expect((await ask(started.port, '/readyz')).status).toBe(503)
    store.fault = undefined
    expect((await pageOf(started)).tracks).toMatchObject([{ path: 'song.mp3' }])
    expect((await ask(started.port, '/readyz')).status).toBe(200)
    await started.stop()
  })

  it.each([
    ['AccessDenied', 403, 200],
    ['SlowDown', 503, 503],
    ['NoSuchBucket', 404, 503],
  ])(
    'if it responds to a listing with %s (%i), /readyz responds with %i',
    async (code, status, readiness) => {
      await using store = await startFakeBucket()
      await using other = await runDemo('', store.environment(''))
      store.fault = (_req, res) => {
        sendError(res, status, code)
        return 'answered'
      }
      expect((await ask(other.port, '/readyz')).status).toBe(readiness)
    },
  )

  it('is checked for its readiness once for a thousand requests', async () => {
    bucket.requests.length = 0
    for (let round = 0; round < 10; round += 1) {
      await Promise.all(Array.from({ length: 100 }, () => ask(demo.port, '/readyz')))
    }
    expect(bucket.requests).toEqual(['LIST'])
  })

  it('makes /readyz 503 in two seconds if it never responds, and 200 while it serves', async () => {
    await using store = await startFakeBucket()
    store.objects.set('song.mp3', TRACK)
    store.fault = req => (isListing(req.url) ? 'answered' : undefined)
    await using other = await runDemo('', store.environment(''))
    expect((await ask(other.port, '/readyz')).status).toBe(503)
    const id = idFromPath('song.mp3')
    expect((await ask(other.port, `/stream/${id}?${queryFor(id)}`)).body.equals(TRACK)).toBe(true)
    expect((await ask(other.port, '/readyz')).status).toBe(200)
  })
})

describe('the program', () => {
  it('serves from a bucket as one file, without packages', async () => {
    const environment = { SECRET_KEY: SECRET, ...CREDENTIALS, ...bucket.environment('Albums') }
    await using run = new Run(environment)
    const port = await run.port()
    expect((await pageOf({ port })).tracks).toHaveLength(PATHS.length)
    expect((await play({ port }, idFromPath('Artist/2 first.MP3'))).status).toBe(206)
    run.child.kill('SIGTERM')
    expect(await run.ended).toBe(0)
  })

  it('names the region if there is none', async () => {
    const environment = { SECRET_KEY: SECRET, ...CREDENTIALS, SOURCE: 's3://music' }
    await using run = new Run({ ...environment, AWS_CONFIG_FILE: '/nowhere', HOME: '/nowhere' })
    expect(await run.ended).toBe(1)
    // The SDK may warn of the version of Node before.
    expect(run.errors).toContain(
      'Cannot start: AWS_REGION must be set: the AWS profile has no region for SOURCE\n',
    )
  })
})

describe('without the AWS SDK', () => {
  beforeEach(() => {
    jest.resetModules()
    jest.doMock('@aws-sdk/client-s3', () => {
      throw Object.assign(new Error("Cannot find module '@aws-sdk/client-s3'"), { code: 'MODULE_NOT_FOUND' })
    })
  })
  afterEach(() => {
    jest.dontMock('@aws-sdk/client-s3')
  })

  async function errorsOf(environment: Record<string, string>): Promise<string[]> {
    const fresh = jest.requireActual<{ startDemo: typeof startDemo }>('../../demo/start')
    const errors: string[] = []
    const started = await fresh.startDemo(
      { STREAM_SERVER_PORT: '0', SECRET_KEY: SECRET, LOG_FORMAT: 'pretty', ...environment },
      { log: () => undefined, error: line => errors.push(line) },
    )
    await started?.stop()
    return errors
  }

  it('says what to install', async () => {
    expect(await errorsOf(bucket.environment(''))).toEqual([
      'Cannot start: SOURCE needs a package that is not installed: npm install @aws-sdk/client-s3',
    ])
  })

  it('serves a directory', async () => {
    expect(await errorsOf({})).toEqual([])
  })
})

it('leaves no connection to the store behind', async () => {
  await using store = await startFakeBucket()
  let open = 0
  store.fault = req => {
    const { socket } = req
    if (socket.listenerCount('close', count) === 0) {
      open += 1
      socket.on('close', count)
    }
    return undefined
  }
  function count(): void {
    open -= 1
  }
  const other = await runDemo('', store.environment(''))
  expect(open).toBeGreaterThan(0)
  await other[Symbol.asyncDispose]()
  await eventually(() => open === 0, 'every connection to the store is closed')
})
