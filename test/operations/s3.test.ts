/** Tracks in a real S3 server: Ceph's gateway. */
import {
  CreateBucketCommand,
  DeleteObjectCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3'
import { createStreamHandler } from 'express-signed-stream'
import { s3Source, type S3SourceOptions } from 'express-signed-stream/s3'
import { sourceContract } from 'express-signed-stream/testing'
import { once, setMaxListeners } from 'node:events'
import { createServer, get, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { makeEnder } from '../support/at-the-end'
import { ask } from '../support/client'
import { pathFor, SECRET } from '../support/tracks'
import {
  contentOf,
  failureOf,
  openKnown,
  openTrack,
  readPrefix,
  readRange,
  readUntilFailure,
} from '../source/ranged/ranged'
import { startS3Server, type S3Server } from './s3-server'

const MIB = 1024 * 1024
const atTheEnd = makeEnder()
const bytes = contentOf(5 * MIB)
const others = contentOf(5 * MIB, 2)

let s3: S3Server
beforeAll(async () => {
  s3 = await startS3Server()
  atTheEnd(() => s3[Symbol.asyncDispose]())
  await s3.client.send(new CreateBucketCommand({ Bucket: 'tracks' }))
  await put('song.mp3', bytes)
}, 60_000)

async function put(key: string, body: Uint8Array, Bucket = 'tracks'): Promise<string | undefined> {
  const command = new PutObjectCommand({ Bucket, Key: key, Body: body, ContentType: 'audio/mpeg' })
  return (await s3.client.send(command)).VersionId
}

function makeSource(options: Partial<S3SourceOptions> = {}) {
  return s3Source({ client: s3.client, bucket: 'tracks', ...options })
}

describe('s3Source over Ceph', () => {
  it('opens and reads a track', async () => {
    const track = await openKnown(makeSource(), 'song', { want: { first: 0, last: 262143 } })
    expect(track).toMatchObject({ size: 5 * MIB, type: 'audio/mpeg' })
    expect((await readPrefix(track))?.equals(bytes.subarray(0, 262144))).toBe(true)
    expect((await readRange(track, 1048575, 1048576)).equals(bytes.subarray(1048575, 1048577))).toBe(true)
    expect((await readRange(track, 0, 5 * MIB - 1)).equals(bytes)).toBe(true)
    expect(await openTrack(makeSource(), 'song', { known: track })).toBe(track)
  })

  it.each([{ first: -10 }, { first: 0, last: 99 }, { first: 9e6, last: 9e6 + 9 }])(
    'opens by %j',
    async want => {
      const track = await openKnown(makeSource(), 'song', { want })
      expect(track.size).toBe(5 * MIB)
      track.close?.()
    },
  )

  it.each([{ first: -10 }, { first: 0, last: 99 }, { first: 10, last: 99 }])(
    'opens an empty object by %j',
    async want => {
      await put('empty.mp3', Buffer.alloc(0))
      const track = await openKnown(makeSource(), 'empty', { want })
      expect(track).toMatchObject({ size: 0, type: 'audio/mpeg', etag: '"d41d8cd98f00b204e9800998ecf8427e"' })
    },
  )

  it.each([
    "a+b'&=?#%25 é.mp3",
    'x//y.mp3',
    './dot.mp3',
    '日本/曲.mp3',
    'trail.mp3/',
    '/first.mp3',
    'a/./b.mp3',
  ])('finds the key %j', async path => {
    await put(path, bytes.subarray(0, 1000))
    const track = await openKnown(makeSource({ resolve: () => path }), 'any')
    await readPrefix(track)
    expect((await readRange(track, 500, 999)).equals(bytes.subarray(500, 1000))).toBe(true)
  })

  it('distinguishes a missing object, a missing bucket and wrong credentials', async () => {
    expect(await openTrack(makeSource(), 'none')).toBeUndefined()
    expect(await failureOf(openTrack(makeSource({ bucket: 'nowhere' }), 'song'))).toMatchObject({
      kind: 'unavailable',
      isDenied: false,
    })
    const client = new S3Client({
      endpoint: s3.endpoint,
      forcePathStyle: true,
      region: 'us-east-1',
      credentials: { accessKeyId: 'testaccess', secretAccessKey: 'wrong' },
      maxAttempts: 1,
    })
    expect(await failureOf(openTrack(makeSource({ client }), 'song'))).toMatchObject({
      kind: 'unavailable',
      isDenied: true,
    })
    client.destroy()
  })

  it('never mixes versions', async () => {
    await put('replaced.mp3', bytes)
    const track = await openKnown(makeSource(), 'replaced')
    await readPrefix(track)
    const reading = track.read({ first: 0, last: 5 * MIB - 1 }, { signal: new AbortController().signal })
    const pieces = reading[Symbol.asyncIterator]()
    const first = await pieces.next()
    await put('replaced.mp3', others)
    // What has begun may end: with the version that it began with.
    const rest: Uint8Array[] = [first.value as Uint8Array]
    for (let next = await pieces.next(); next.done !== true; next = await pieces.next()) rest.push(next.value)
    expect(Buffer.concat(rest).equals(bytes)).toBe(true)
    const [given, failure] = await readUntilFailure(
      track.read({ first: 100, last: 999 }, { signal: new AbortController().signal }),
    )
    expect([given.length, failure.kind]).toEqual([0, 'changed'])
    await s3.client.send(new DeleteObjectCommand({ Bucket: 'tracks', Key: 'replaced.mp3' }))
    expect(await failureOf(readRange(track, 0, 9))).toMatchObject({ kind: 'truncated' })
  })

  it('reads on in a version of a bucket with versioning', async () => {
    await s3.client.send(new CreateBucketCommand({ Bucket: 'versions' }))
    await s3.client.send(
      new PutBucketVersioningCommand({
        Bucket: 'versions',
        VersioningConfiguration: { Status: 'Enabled' },
      }),
    )
    const version = await put('a.mp3', bytes.subarray(0, 5000), 'versions')
    const pinned = await openKnown(makeSource({ bucket: 'versions', pin: 'version' }), 'a')
    await readPrefix(pinned)
    await put('a.mp3', others.subarray(0, 5000), 'versions')
    await s3.client.send(new DeleteObjectCommand({ Bucket: 'versions', Key: 'a.mp3' }))
    expect((await readRange(pinned, 0, 4999)).equals(bytes.subarray(0, 5000))).toBe(true)
    expect(await openTrack(makeSource({ bucket: 'versions' }), 'a')).toBeUndefined()
    const old = makeSource({ bucket: 'versions', resolve: () => ({ path: 'a.mp3', version }) })
    expect((await readRange(await openKnown(old, 'any'), 0, 99)).equals(bytes.subarray(0, 100))).toBe(true)
    const missing = makeSource({ bucket: 'versions', resolve: () => ({ path: 'b.mp3', version }) })
    expect(await openTrack(missing, 'any')).toBeUndefined()
  })

  it('frees the connections of reads that are aborted', async () => {
    const track = await openKnown(makeSource(), 'song')
    await readPrefix(track)
    const controller = new AbortController()
    setMaxListeners(0, controller.signal)
    const reads = Array.from({ length: 80 }, async () => {
      for await (const piece of track.read({ first: 0, last: 5 * MIB - 1 }, { signal: controller.signal })) {
        if (piece.length > 0) await once(controller.signal, 'abort')
      }
    })
    const settled = Promise.allSettled(reads)
    controller.abort()
    await settled
    // 50 connections are all that the client makes.
    await Promise.all(Array.from({ length: 60 }, () => readRange(track, 0, 99)))
  })
})

describe('s3Source over Ceph keeps the laws of sources:', () => {
  function store(id: string, Body: Uint8Array, ContentType?: string): Promise<unknown> {
    return s3.client.send(new PutObjectCommand({ Bucket: 'tracks', Key: `laws/${id}`, Body, ContentType }))
  }
  const tests = sourceContract({
    make: () => makeSource({ prefix: 'laws/', resolve: id => ({ path: id, type: 'audio/flac' }) }),
    put: (id, bytes, { type }) => store(id, bytes, type),
    replace: (id, bytes) => store(id, bytes),
    remove: id => s3.client.send(new DeleteObjectCommand({ Bucket: 'tracks', Key: `laws/${id}` })),
  })
  for (const { name, run } of tests) test(name, run)
})

describe('a router over Ceph', () => {
  it('serves a track whole and by ranges, and never a mixture to slow listeners', async () => {
    await put('slow.mp3', bytes)
    const handler = createStreamHandler({
      source: makeSource({ trustFor: 0 }),
      secret: SECRET,
      path: '/stream',
    })
    const server = createServer(handler).listen(0, '127.0.0.1')
    await once(server, 'listening')
    atTheEnd(() => {
      server.closeAllConnections()
    })
    atTheEnd(() => server.close())
    const { port } = server.address() as AddressInfo
    const whole = await ask(port, pathFor('song'))
    expect([whole.status, whole.body.equals(bytes)]).toEqual([200, true])
    const part = await ask(port, pathFor('song'), { headers: { Range: 'bytes=-10' } })
    expect([part.status, part.body.equals(bytes.subarray(-10))]).toEqual([206, true])
    expect((await ask(port, pathFor('none'))).status).toBe(404)

    const listeners = await Promise.all(
      Array.from({ length: 20 }, async () => {
        const request = get({ port, path: pathFor('slow'), agent: false })
        return (await once(request, 'response')) as [IncomingMessage]
      }),
    )
    const bodies = listeners.map(async ([response]) => {
      const pieces: Buffer[] = []
      try {
        for await (const piece of response) {
          pieces.push(piece as Buffer)
          if (pieces.length === 1) await replaced
        }
      } catch {
        // The connection closes before the last byte if the old version cannot be had any more.
      }
      return { body: Buffer.concat(pieces), isComplete: response.complete }
    })
    const replaced = put('slow.mp3', others)
    for (const { body, isComplete } of await Promise.all(bodies)) {
      expect(body.equals(bytes.subarray(0, body.length))).toBe(true)
      expect(isComplete).toBe(body.length === bytes.length)
    }
    const after = await ask(port, pathFor('slow'))
    expect(after.body.equals(others)).toBe(true)
  })
})
