import type { GetObjectCommand } from '@aws-sdk/client-s3'
import { type S3Client } from '@aws-sdk/client-s3'
import { s3Source, type S3SourceOptions } from 'express-signed-stream/s3'
import { eventually } from '../../support/eventually'
import { startFakeStore, type FakeStore, type Fault } from '../../support/fake-store'
import { contentOf, failureOf, openKnown, openTrack, readPrefix, readRange } from '../ranged/ranged'

const bytes = contentOf(5000)

let store: FakeStore
beforeEach(async () => {
  store = await startFakeStore()
})
afterEach(async () => {
  await store[Symbol.asyncDispose]()
})

function makeSource(options: Partial<S3SourceOptions> = {}) {
  return s3Source({ client: store.client(), bucket: store.bucket, ...options })
}

async function locate(options: Partial<S3SourceOptions>, id = 'song') {
  return makeSource(options).locate?.(id, { signal: new AbortController().signal, grant: undefined })
}

describe('s3Source finds the key', () => {
  it('of an id by the prefix and one extension', async () => {
    expect(await locate({})).toMatchObject({ key: 'song.mp3' })
    expect(await locate({ prefix: 'a/b-', extension: 'FLAC' })).toMatchObject({ key: 'a/b-song.FLAC' })
  })

  it.each([
    'a+b.mp3',
    'what?.mp3',
    '100%25.mp3',
    'x//y.mp3',
    './dot.mp3',
    '日本/曲 é.mp3',
    "quote'&=#%.mp3",
    'back\\slash.mp3',
    'trail.mp3/',
    ' space .mp3',
    'tab\tline\n.mp3',
    '..mp3',
    '/first.mp3',
    'a/./b.mp3',
  ])('%j as it is', async path => {
    store.put(`p/${path}`, bytes)
    const track = await openKnown(
      makeSource({ prefix: 'p/', resolve: () => ({ path, type: 'audio/mpeg' }) }),
      'any',
    )
    expect((await readPrefix(track))?.equals(bytes.subarray(0, 100))).toBe(true)
    expect((await readRange(track, 7, 4999)).equals(bytes.subarray(7))).toBe(true)
    expect(store.requests.map(({ key }) => key)).toEqual([`p/${path}`, `p/${path}`])
  })

  it.each([
    ['NUL', 'a\0b.mp3'],
    ['a lone surrogate', 'a\ud800.mp3'],
    ['more than 1024 bytes', `${'é'.repeat(511)}.mp3`],
    ['no key', ''],
    ['a segment ..', 'a/../b.mp3'],
    ['a segment .. at the beginning', '../b.mp3'],
  ])('of no track for %s, and does not ask the store', async (_what, path) => {
    expect(await openTrack(makeSource({ resolve: () => path, prefix: 'p/' }), 'any')).toBeUndefined()
    expect(store.requests).toEqual([])
  })

  it('of 1024 bytes', async () => {
    const path = `${'é'.repeat(510)}.mp3`
    store.put(path, bytes)
    expect(await openTrack(makeSource({ resolve: () => path }), 'any')).toMatchObject({ size: 5000 })
  })

  it('and passes on type and file name, which do not separate what is known of the object', async () => {
    const named = await locate({
      resolve: () => ({ path: 'a.mp3', type: 'audio/mp3', fileName: 'Lied.mp3' }),
    })
    expect(named).toEqual({ key: 'a.mp3', type: 'audio/mpeg', fileName: 'Lied.mp3' })
  })

  it('of each version under its own name', async () => {
    const keys = await Promise.all(
      [{ path: 'a.mp3' }, { path: 'a.mp3', version: '1' }, { path: 'a.mp3', version: '2' }].map(
        async track => (await locate({ resolve: () => track }))?.key,
      ),
    )
    expect(new Set(keys).size).toBe(3)
  })

  it.each([
    [
      'throws',
      () => {
        throw new Error('no database')
      },
      'no database',
    ],
    ['rejects', () => Promise.reject(new Error('no database')), 'no database'],
    ['returns a number', () => 3 as never, 'resolve must return'],
    ['names a type that is not served', () => ({ path: 'a', type: 'text/html' }), 'an audio type'],
  ])('not, and says so, if resolve %s', async (_what, resolve, cause) => {
    const failure = await failureOf(openTrack(makeSource({ resolve }), 'song'))
    expect(failure.kind).toBe('unavailable')
    expect(failure.causes).toContain(cause)
  })
})

describe('s3Source chooses the media type', () => {
  it.each([
    ['of the extension, whatever the object says', 'a.FLAC', 'application/octet-stream', 'audio/flac'],
    ['of the object, under the name that is served', 'a', 'audio/x-flac; charset=binary', 'audio/flac'],
    ['of the object behind an unknown extension', 'a.bin', 'audio/mp3', 'audio/mpeg'],
  ])('%s', async (_what, path, type, expected) => {
    store.put(path, bytes, { type })
    expect(await openTrack(makeSource({ resolve: () => path }), 'any')).toMatchObject({ type: expected })
  })

  it('of resolve if nothing else says it', async () => {
    store.put('a', bytes, { type: 'application/octet-stream' })
    const source = makeSource({ resolve: () => ({ path: 'a', type: 'audio/wave' }) })
    expect(await openTrack(source, 'any')).toMatchObject({ type: 'audio/wav' })
  })

  it('and finds no track without one', async () => {
    store.put('a', bytes, { type: 'text/html' })
    store.everyFault = { stallAfter: 1 }
    expect(await openTrack(makeSource({ resolve: () => 'a' }), 'any')).toBeUndefined()
    await eventually(() => store.busySockets() === 0, 'no response of the store is in progress')
  })
})

describe('s3Source sends', () => {
  it('versionId of resolve, requestPayer and the key of the app with each request', async () => {
    store.put('a.mp3', bytes)
    const source = makeSource({
      resolve: () => ({ path: 'a.mp3', version: 'v 1' }),
      requestPayer: 'requester',
      sse: { customerKey: Buffer.alloc(32, 7) },
    })
    const track = await openKnown(source, 'any')
    await readPrefix(track)
    await readRange(track, 0, 9)
    store.put('a.mp3', Buffer.alloc(0))
    await openKnown(source, 'any')
    expect(store.requests.map(({ method }) => method)).toEqual(['GET', 'GET', 'GET', 'HEAD'])
    for (const { url, headers } of store.requests) {
      expect(url).toContain('versionId=v%201')
      expect(headers).toMatchObject({
        'x-amz-request-payer': 'requester',
        'x-amz-server-side-encryption-customer-algorithm': 'AES256',
        'x-amz-server-side-encryption-customer-key': Buffer.alloc(32, 7).toString('base64'),
        'x-amz-server-side-encryption-customer-key-md5': 'y4HAEFCYWuvAXWFTtA1Qpg==',
      })
    }
  })

  it.each([
    ['version', 'versionId=v7'],
    ['etag', 'x-id=GetObject'],
  ] as const)('with pin: %j the version that the first response named, or not', async (pin, expected) => {
    const etag = store.put('song.mp3', bytes, { headers: { 'x-amz-version-id': 'v7' } })
    const track = await openKnown(makeSource({ pin }), 'song')
    await readPrefix(track)
    await readRange(track, 0, 9)
    expect(store.requests[0]?.url).not.toContain('versionId')
    expect(store.requests[1]?.url).toContain(expected)
    expect(store.requests[1]?.headers['if-match']).toBe(etag)
  })
})

describe('s3Source understands', () => {
  it.each<[string, Fault, Partial<S3SourceOptions>]>([
    ['NoSuchKey', { status: 404, code: 'NoSuchKey' }, {}],
    ['NoSuchVersion', { status: 404, code: 'NoSuchVersion' }, {}],
    ['a delete marker', { status: 405, code: 'MethodNotAllowed' }, {}],
    ['KeyTooLongError', { status: 400, code: 'KeyTooLongError' }, {}],
    ['AccessDenied with absentOn403', { status: 403, code: 'AccessDenied' }, { absentOn403: true }],
  ])('%s: there is no such track', async (_what, fault, options) => {
    store.everyFault = fault
    expect(await openTrack(makeSource(options), 'song')).toBeUndefined()
  })

  it.each<[string, Fault, Partial<S3SourceOptions>, boolean, boolean?]>([
    ['NoSuchBucket', { status: 404, code: 'NoSuchBucket' }, {}, false],
    ['RequestTimeout', { status: 400, code: 'RequestTimeout' }, {}, false, false],
    ['AccessDenied', { status: 403, code: 'AccessDenied' }, {}, true],
    ['SignatureDoesNotMatch', { status: 403, code: 'SignatureDoesNotMatch' }, { absentOn403: true }, true],
    ['InvalidObjectState', { status: 403, code: 'InvalidObjectState' }, { absentOn403: true }, true],
    ['ExpiredToken', { status: 400, code: 'ExpiredToken' }, {}, true],
    ['PermanentRedirect', { status: 301, code: 'PermanentRedirect' }, {}, false],
  ])('%s: the store is not available', async (_what, fault, options, isDenied, isPermanent = true) => {
    store.everyFault = fault
    const failure = await failureOf(openTrack(makeSource(options), 'song'))
    expect(failure).toMatchObject({ kind: 'unavailable', isDenied, isPermanent })
  })

  it('403, and names the permission that is missing', async () => {
    store.everyFault = { status: 403, code: 'AccessDenied' }
    expect((await failureOf(openTrack(makeSource(), 'song'))).causes).toContain('s3:ListBucket')
  })

  it('a bucket that does not exist', async () => {
    const failure = await failureOf(openTrack(makeSource({ bucket: 'nowhere' }), 'song'))
    expect(failure).toMatchObject({ kind: 'unavailable', isDenied: false, isPermanent: true })
  })

  it('credentials that cannot be had', async () => {
    const error = Object.assign(new Error('The session has expired'), { name: 'CredentialsProviderError' })
    const client = store.client({ credentials: () => Promise.reject(error) })
    expect(await failureOf(openTrack(makeSource({ client }), 'song'))).toEqual({
      kind: 'unavailable',
      isDenied: true,
      isPermanent: true,
      retryAfter: undefined,
      causes: 'The session has expired',
    })
  })

  it('an object that was uploaded with the encoding aws-chunked', async () => {
    store.put('song.mp3', bytes, { headers: { 'content-encoding': 'aws-chunked' } })
    expect(await openTrack(makeSource(), 'song')).toMatchObject({ size: 5000 })
  })
})

describe('s3Source takes a client', () => {
  function scripted(send: (command: unknown) => unknown): S3SourceOptions['client'] {
    return { send: send as S3Client['send'] }
  }
  const described = { ETag: '"1"', ContentRange: 'bytes 0-99/5000', $metadata: { httpStatusCode: 206 } }

  it('that gives streams of the web', async () => {
    const Body = new Blob([bytes.subarray(0, 100)]).stream()
    const client = scripted(() => Promise.resolve({ ...described, Body }))
    expect(
      (await readPrefix(await openKnown(makeSource({ client }), 'song')))?.equals(bytes.subarray(0, 100)),
    ).toBe(true)
  })

  it.each([
    [
      'throws',
      () => {
        throw new Error('broken client')
      },
    ],
    ['rejects', () => Promise.reject(new Error('broken client'))],
  ])('that %s', async (_what, send) => {
    await expect(openTrack(makeSource({ client: scripted(send) }), 'song')).rejects.toBeInstanceOf(Error)
  })

  it('and sends nothing by it once it is aborted', async () => {
    let sent = 0
    const client = scripted(() => Promise.resolve({ ...described, Body: undefined, sent: sent++ }))
    const signal = AbortSignal.abort(new Error('nobody waits'))
    await expect(openTrack(makeSource({ client }), 'song', { signal })).rejects.toThrow('nobody waits')
    expect(sent).toBe(0)
  })

  it('that does not honour the signal, and frees what it brings later', async () => {
    store.put('song.mp3', bytes)
    store.everyFault = { delay: 100, stallAfter: 1 }
    const real = store.client()
    let sent: Promise<unknown> | undefined
    const client = scripted(command => (sent = real.send(command as GetObjectCommand)))
    const controller = new AbortController()
    const opening = openTrack(makeSource({ client }), 'song', { signal: controller.signal })
    await eventually(() => store.requests.length === 1, 'the store has the request')
    controller.abort(new Error('nobody waits'))
    await expect(opening).rejects.toThrow('nobody waits')
    await sent
    await eventually(() => store.busySockets() === 0, 'no response of the store is in progress')
  })
})

describe('s3Source rejects', () => {
  it.each<[string, object]>([
    ['client is missing', { client: undefined }],
    ['client must be an S3Client of @aws-sdk/client-s3, got a value of type object', { client: {} }],
    ['bucket must be the name of a bucket, got ""', { bucket: '' }],
    ['prefix must be the beginning of a key, got 3', { prefix: 3 }],
    ['prefix must be the beginning of a key, got "../other/"', { prefix: '../other/' }],
    ['extension must be an extension such as "mp3" or "MP3", got ".mp3"', { extension: '.mp3' }],
    ['pin must be "etag" or "version", got "date"', { pin: 'date' }],
    ['absentOn403 must be true or false, got 1', { absentOn403: 1 }],
    ['requestPayer must be "requester", got true', { requestPayer: true }],
    [
      'sse.customerKey must be 32 bytes, got a value of type object',
      { sse: { customerKey: Buffer.alloc(3) } },
    ],
    ['sse must be an object with a customerKey, got the unknown field "key"', { sse: { key: 1 } }],
    ['resolve must be a function (id, { signal, grant }) => path, got "a"', { resolve: 'a' }],
    ['timeouts.idle must be a whole number of milliseconds, 0 or more, got -1', { timeouts: { idle: -1 } }],
    ['trustFor must be a whole number of milliseconds, 0 or more, got "1s"', { trustFor: '1s' }],
    ['unknown option "region", known are', { region: 'eu-central-1' }],
  ])('an option by its name: %s', (message, options) => {
    expect(() => makeSource(options)).toThrow(message)
  })
})
