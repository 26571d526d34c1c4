/** The demo over a bucket of a real store (Ceph's radosgw): names as people give them, and more keys than one response. */
import { CreateBucketCommand, PutObjectCommand } from '@aws-sdk/client-s3'
import { idFromPath } from 'express-signed-stream'
import { makeEnder } from '../support/at-the-end'
import { ask } from '../support/client'
import { Run } from '../support/demo-program'
import { SECRET, TRACK } from '../support/tracks'
import { startS3Server } from './s3-server'

jest.setTimeout(120_000)

const BUCKET = 'demo-tracks'

/** In the order in which they are listed. */
const PATHS = [
  'bell \u0007.mp3',
  'Überall.mp3',
  '<script>/&lt; "quoted" + added?.mp3',
  '🎵/👩‍🎤.mp3',
  'A #1 50% & more/02 100%25.MP3',
  'Cafe\u0301/No\u0308el.ogg',
  'שירים/שיר א׳.m4a',
]

const MANY = Array.from({ length: 1100 }, (_, index) => `Many/${index}.mp3`)

const atTheEnd = makeEnder()
let environment: Record<string, string>
let run: Run
let port: number

beforeAll(async () => {
  const s3 = await startS3Server()
  atTheEnd(() => s3[Symbol.asyncDispose]())
  const { client, endpoint } = s3
  const { accessKeyId, secretAccessKey } = await client.config.credentials()
  await client.send(new CreateBucketCommand({ Bucket: BUCKET }))
  async function put(key: string, Body: Uint8Array): Promise<void> {
    await client.send(new PutObjectCommand({ Bucket: BUCKET, Key: key, Body }))
  }
  for (const path of PATHS) await put(`Albums/${path}`, TRACK)
  await put('outside.mp3', TRACK)
  await put('Albums/cover.jpg', TRACK)
  await put('Albums/folder/', new Uint8Array())
  for (const path of MANY) await put(`Albums/${path}`, new Uint8Array(1))

  environment = {
    SECRET_KEY: SECRET,
    SOURCE: `s3://${BUCKET}/Albums`,
    S3_ENDPOINT: endpoint,
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
  }
  run = new Run(environment)
  atTheEnd(() => run[Symbol.asyncDispose]())
  port = await run.port()
})

interface Page {
  readonly tracks: readonly { readonly path: string; readonly size: number }[]
  readonly next?: string
}

async function json<Body>(path: string): Promise<Body> {
  const { status, body } = await ask(port, path)
  expect(status).toBe(200)
  return JSON.parse(body.toString()) as Body
}

it('lists the keys below the prefix, page after page', async () => {
  const listed: string[] = []
  const sizes = new Set<number>()
  for (let query = '?limit=500'; ;) {
    const { tracks, next } = await json<Page>(`/api/tracks${query}`)
    for (const { path, size } of tracks) {
      listed.push(path)
      sizes.add(size)
    }
    if (next === undefined) break
    query = `?limit=500&after=${encodeURIComponent(next)}`
  }
  expect(listed.filter(path => !path.startsWith('Many/'))).toEqual(PATHS)
  expect(listed.filter(path => path.startsWith('Many/'))).toEqual(MANY)
  expect(sizes).toEqual(new Set([300_000, 1]))
})

it.each(PATHS)('signs and plays %j', async path => {
  const { url } = await json<{ url: string }>(`/api/sign/${encodeURIComponent(idFromPath(path))}`)
  const answer = await ask(port, url, { headers: { Range: 'bytes=299000-' } })
  expect([answer.status, answer.headers['content-range']]).toEqual([206, 'bytes 299000-299999/300000'])
  expect(answer.body.equals(TRACK.subarray(299_000))).toBe(true)
})

it('is ready if the store is, and names a bucket that does not exist', async () => {
  expect((await ask(port, '/readyz')).status).toBe(200)
  await using other = new Run({ ...environment, SOURCE: 's3://no-such-bucket' })
  const otherPort = await other.port()
  expect(other.log.map(({ msg }) => msg).join('\n')).toContain(
    'Cannot list the tracks in s3://no-such-bucket/: NoSuchBucket',
  )
  expect((await ask(otherPort, '/readyz')).status).toBe(503)
})
