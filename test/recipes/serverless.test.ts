/** The recipes of `docs/recipes/serverless.md`, behind a function URL on loopback. */
import { Buffer } from 'node:buffer'
import { join } from 'node:path'
import { ask } from '../support/client'
import { startFakeStore, type FakeStore } from '../support/fake-store'
import { pathFor, TRACK } from '../support/tracks'
import { describeHost } from './support/describe-host'
import { startRecipe, type RunningRecipe } from './support/start-recipe'

const FUNCTION_URL = join(__dirname, 'support/function-url.mjs')

describe('tracks of the function itself', () => {
  describeHost({
    recipe: 'serverless',
    args: [FUNCTION_URL, 'bundled-tracks.js'],
    isBehindProxy: false,
    isBuffered: true,
  })

  it('are refused by Lambda if the response is longer than it allows', async () => {
    await using running = await startRecipe({
      recipe: 'serverless',
      args: [FUNCTION_URL, 'bundled-tracks.js'],
    })
    const [whole, range] = await Promise.all([
      ask(running.port, pathFor('long')),
      ask(running.port, pathFor('long'), { headers: { range: 'bytes=0-4499999' } }),
    ])
    expect([whole.status, range.status, range.body.length]).toEqual([502, 206, 4_500_000])
  })
})

describe('a redirect to the bucket', () => {
  let store: FakeStore
  let running: RunningRecipe
  beforeAll(async () => {
    store = await startFakeStore()
    store.put('track1.mp3', TRACK)
    running = await startRecipe({
      recipe: 'serverless',
      args: [FUNCTION_URL, 'redirect.js'],
      env: {
        BUCKET: store.bucket,
        AWS_ENDPOINT_URL_S3: store.origin,
        AWS_REGION: 'us-east-1',
        AWS_ACCESS_KEY_ID: 'key',
        AWS_SECRET_ACCESS_KEY: 'secret',
      },
    })
  })
  afterAll(async () => {
    await running[Symbol.asyncDispose]()
    await store[Symbol.asyncDispose]()
  })

  it('leads to the track, which the store sends', async () => {
    const { status, headers, body } = await ask(running.port, pathFor('track1'))
    expect([status, body.length]).toEqual([302, 0])
    const { pathname, search, searchParams } = new URL(headers.location ?? '')
    expect(Number(searchParams.get('X-Amz-Expires'))).toBeLessThanOrEqual(600)
    const sent = await ask(store.port, pathname + search, { headers: { range: 'bytes=1000-1999' } })
    expect([sent.status, Buffer.compare(sent.body, TRACK.subarray(1000, 2000))]).toEqual([206, 0])
  })

  it('gives HEAD the size of the track', async () => {
    const { status, headers } = await ask(running.port, pathFor('track1'), { method: 'HEAD' })
    expect([status, headers['content-length']]).toEqual([200, String(TRACK.length)])
  })

  it('is given for no link that was changed', async () => {
    const { status, headers } = await ask(running.port, `${pathFor('track1')}0`)
    expect([status, headers.location]).toEqual([403, undefined])
  })
})
