/** Files where the app says they are: what it may say, and what a client then gets. */
import { mkdirSync, renameSync, rmSync, symlinkSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { once } from 'node:events'
import {
  createStreamHandler,
  idFromPath,
  pathFromId,
  type Grant,
  type Resolve,
  type StreamHandler,
  type StreamRouterOptions,
} from 'express-signed-stream'
import { createDiskSource } from '../../../src/source/disk/disk-source'
import { createResolver } from '../../../src/source/resolver'
import { ask, askAndLeave, rawGet, type Answer } from '../../support/client'
import { countOpenFiles } from '../../support/descriptors'
import { eventsOf } from '../../support/events'
import { keepingLogger } from '../../support/logger'
import { listen, type RunningServer } from '../../support/server'
import { requestFor } from '../../support/track-request'
import { makeTrackDirectory, pathFor, SECRET, TRACK } from '../../support/tracks'

const tracks = makeTrackDirectory()
const outside = makeTrackDirectory()
afterAll(() => {
  tracks.remove()
  outside.remove()
})

function write(path: string, content: Uint8Array | string = TRACK): void {
  mkdirSync(dirname(join(tracks.path, path)), { recursive: true })
  tracks.write(path, content)
}
write('Artist/Album/01 - Name.mp3')
write('Artist/Album/02.MP3', 'upper case')
write('plain', 'no extension')
write('notes.txt', 'notes')
outside.write('secret.mp3', 'secret')

interface Served extends RunningServer {
  readonly handler: StreamHandler
  get(id: string, headers?: Record<string, string>): Promise<Answer>
}

async function serve(resolve: Resolve, options: Partial<StreamRouterOptions> = {}): Promise<Served> {
  const handler = createStreamHandler({
    path: '/stream',
    dir: tracks.path,
    secret: SECRET,
    resolve,
    ...options,
  })
  const server = await listen(handler)
  return { ...server, handler, get: (id, headers = {}) => ask(server.port, pathFor(id), { headers }) }
}

describe.each<[string, (resolve: (id: string) => unknown) => Resolve]>([
  ['at once', resolve => id => resolve(id) as string],
  ['as a promise', resolve => async id => (await Promise.resolve(resolve(id))) as string],
])('An app that answers %s', (_when, answering) => {
  it('has the file served that it names', async () => {
    await using server = await serve(answering(id => (id === '7' ? 'Artist/Album/01 - Name.mp3' : undefined)))
    const answer = await server.get('7')
    expect([answer.status, answer.headers['content-type'], answer.body.equals(TRACK)]).toEqual([
      200,
      'audio/mpeg',
      true,
    ])
    expect(answer.headers['content-disposition']).toBeUndefined()
    expect((await server.get('7', { Range: 'bytes=-10' })).body.equals(TRACK.subarray(-10))).toBe(true)
    expect((await server.get('8')).status).toBe(404)
  })

  it('decides on the type and the name', async () => {
    const answer = { path: 'plain', type: 'audio/x-flac', fileName: 'Ça va.flac', version: '7' }
    await using server = await serve(answering(() => answer))
    for (const { status, headers } of [
      await server.get('1'),
      await server.get('1', { Range: 'bytes=0-1' }),
    ]) {
      expect([status, headers['content-type'], headers['content-disposition']]).toEqual([
        expect.any(Number),
        'audio/flac',
        'inline; filename="Ca va.flac"; filename*=UTF-8\'\'%C3%87a%20va.flac',
      ])
    }
    const { headers } = await server.get('1')
    const unchanged = await server.get('1', { 'If-None-Match': headers.etag ?? '' })
    expect([unchanged.status, unchanged.headers['content-disposition']]).toEqual([304, undefined])
    const head = await ask(server.port, pathFor('1'), { method: 'HEAD' })
    expect(head.headers['content-disposition']).toContain('Ca va.flac')
  })

  it.each([
    '../secret.mp3',
    'Artist/../plain.mp3',
    '/etc/passwd.mp3',
    `${outside.path}/secret.mp3`,
    'Artist//Album/02.MP3',
    './Artist/Album/02.MP3',
    'Artist/Album/',
    'Artist/Album/01 - Name.mp3/x.mp3',
    'a\0.mp3',
    'a\ud800.mp3',
    '',
    '.',
    `${'a'.repeat(300)}.mp3`,
    `${'a/'.repeat(2000)}a.mp3`,
    'x'.repeat(5000),
    'notes.txt',
    'plain',
    'nowhere.mp3',
  ])('gets a 404 for a path that no track can have: %j', async path => {
    await using server = await serve(answering(() => path))
    expect((await server.get('1')).status).toBe(404)
  })

  it.each<[string, unknown]>([
    ['a number', 3],
    ['an object without a path', {}],
    ['a type that is not audio', { path: 'notes.txt', type: 'text/plain' }],
  ])('gets a 503 for %s, and the log says why', async (_what, value) => {
    const logger = keepingLogger()
    await using server = await serve(
      answering(() => value),
      { logger },
    )
    const refusals = eventsOf('refusal')
    const answer = await server.get('1')
    expect([answer.status, answer.body.toString()]).toEqual([503, 'Service indisponible'])
    expect(refusals).toMatchObject([
      { cause: { message: expect.stringContaining('resolve must') as string } },
    ])
    expect(logger.lines).toMatchObject([{ level: 'error', fields: { err: { name: 'TypeError' } } }])
  })

  it('gets a 503 if it throws, without a word of it for the client', async () => {
    await using server = await serve(
      answering(() => {
        throw new Error('db://user:password@host')
      }),
    )
    const answer = await server.get('1')
    expect([answer.status, answer.headers['retry-after']]).toEqual([503, '2'])
    expect(JSON.stringify(answer.headers) + answer.body.toString()).not.toContain('password')
  })
})

describe('A resolver', () => {
  it('is called for each request, with its grant, and only after the signature is verified', async () => {
    const asked: [string, Grant | undefined][] = []
    await using server = await serve((id, { grant }) => {
      asked.push([id, grant])
      return 'Artist/Album/01 - Name.mp3'
    })
    const forged = pathFor('1').replace(/sig=./, 'sig=_')
    expect((await ask(server.port, forged)).status).toBe(403)
    expect(asked).toEqual([])
    await server.get('1')
    await server.get('1')
    expect(asked).toEqual([
      ['1', expect.objectContaining({ id: '1', expires: expect.any(Number) as number })],
      ['1', expect.objectContaining({ id: '1' })],
    ])
  })

  it('may give the file of one user or of another for the same id', async () => {
    write('users/a.mp3', 'of a')
    write('users/b.mp3', 'of b')
    const files = ['users/a.mp3', 'users/b.mp3', 'users/a.mp3']
    await using server = await serve(() => files.shift())
    const bodies = []
    for (let request = 0; request < 3; request++) bodies.push((await server.get('same')).body.toString())
    expect(bodies).toEqual(['of a', 'of b', 'of a'])
  })

  it('that does not settle in time is a 503', async () => {
    await using server = await serve(() => new Promise(() => undefined), { resolveTimeout: 20 })
    expect((await server.get('1')).status).toBe(503)
  })

  it('is let alone by a client that leaves, which is no fault', async () => {
    const logger = keepingLogger()
    let signal: AbortSignal | undefined
    await using server = await serve(
      (_id, context) => {
        signal = context.signal
        return new Promise(() => undefined)
      },
      { logger, resolveTimeout: 0 },
    )
    await askAndLeave(server.server, server.port, rawGet(pathFor('1')))
    if (signal?.aborted === false) await once(signal, 'abort')
    await new Promise(setImmediate)
    expect(signal?.aborted).toBe(true)
    expect(logger.lines).toEqual([])
  })

  it('serves a tree of folders by pathFromId', async () => {
    await using server = await serve(pathFromId)
    const answer = await server.get(idFromPath('Artist/Album/02.MP3'))
    expect([answer.status, answer.headers['content-type'], answer.body.toString()]).toEqual([
      200,
      'audio/mpeg',
      'upper case',
    ])
    expect((await server.get('Artist')).status).toBe(404)
    expect((await server.get('notes-2e_txt')).status).toBe(404)
  })

  it('is called by describe() too, which gives the name for the client, or that of the file', async () => {
    const grants: unknown[] = []
    const { describe: describeTrack } = createStreamHandler({
      dir: tracks.path,
      secret: SECRET,
      resolve: (id, { grant }) => {
        grants.push(grant?.id)
        if (id === 'named') return { path: 'plain', type: 'audio/ogg', fileName: 'A\r\n.ogg' }
        return id === 'unnamed' ? 'Artist/Album/02.MP3' : undefined
      },
    })
    const grant = { id: 'named', expires: 2_000_000_000, keyIndex: 0 }
    expect(await describeTrack('named', { grant })).toMatchObject({
      size: 'no extension'.length,
      type: 'audio/ogg',
      fileName: 'A.ogg',
    })
    expect(await describeTrack('unnamed')).toMatchObject({ type: 'audio/mpeg', fileName: '02.MP3' })
    expect(await describeTrack('missing')).toBeUndefined()
    expect(grants).toEqual(['named', undefined, undefined])
  })
})

describe('Two ids of one path', () => {
  it('share its descriptor, and each has its own type and name', async () => {
    const own = makeTrackDirectory()
    own.write('plain', 'shared')
    await using server = await serve(id => ({ path: 'plain', type: `audio/${id}`, fileName: `${id}.x` }), {
      dir: own.path,
    })
    const [ogg, flac] = [await server.get('ogg'), await server.get('flac')]
    expect([ogg.headers['content-type'], flac.headers['content-type']]).toEqual(['audio/ogg', 'audio/flac'])
    expect(ogg.headers['content-disposition']).toBe('inline; filename="ogg.x"')
    expect(flac.headers['content-disposition']).toBe('inline; filename="flac.x"')
    expect(ogg.headers.etag).toBe(flac.headers.etag)
    expect(countOpenFiles(own.path)).toBe(1)
    own.remove()
  })
})

describe('A resolved path', () => {
  const cancellation = new AbortController()

  function source(path: string, cacheFiles = 10): ReturnType<typeof createDiskSource> {
    return createDiskSource({
      directory: tracks.path,
      extensions: ['mp3'],
      entityTag: 'stat',
      resolver: createResolver(() => path, 0),
      cacheBytes: 0,
      cacheFiles,
    })
  }
  const request = requestFor('1')

  it('is opened at once when its file is open', async () => {
    const kept = source('Artist/Album/01 - Name.mp3')
    const first = await kept.open(request, cancellation)
    const second = kept.open(request, cancellation)
    expect(second).not.toBeInstanceOf(Promise)
    first?.close()
    ;(await second)?.close()
  })

  it.each([
    ['NFC', 'Mu\u0308sik/Stu\u0308ck.mp3', 'M\u00fcsik/St\u00fcck.mp3'],
    ['NFD', 'M\u00fcsic/St\u00fcck.mp3', 'Mu\u0308sic/Stu\u0308ck.mp3'],
  ])('is found in the other form of Unicode: %s', async (form, given, onDisk) => {
    write(onDisk, form)
    const track = await source(given).open(request, cancellation)
    expect(track?.representation.size).toBe(form.length)
    track?.close()
  })

  it('is not followed out of the directory, by a link at any of its segments', async () => {
    symlinkSync(outside.path, join(tracks.path, 'out'))
    symlinkSync(join(outside.path, 'secret.mp3'), join(tracks.path, 'Artist/out.mp3'))
    // It leads out and in again.
    symlinkSync(join(tracks.path, 'Artist'), join(outside.path, 'back'))
    symlinkSync('Artist/Album', join(tracks.path, 'inside'))
    symlinkSync('.', join(tracks.path, 'self'))
    const before = countOpenFiles(outside.path)
    for (const path of ['out/secret.mp3', 'Artist/out.mp3', 'out/back/Album/01 - Name.mp3'])
      expect(await source(path, 0).open(request, cancellation)).toBeUndefined()
    expect(countOpenFiles(outside.path)).toBe(before)
    for (const path of ['inside/01 - Name.mp3', 'self/self/inside/01 - Name.mp3']) {
      const track = await source(path, 0).open(request, cancellation)
      expect(track?.representation.size).toBe(TRACK.length)
      track?.close()
    }
  })

  it('stops being served when a folder on its way is replaced by a link that leads out', async () => {
    write('folder/secret.mp3', 'harmless')
    let now = 0
    const kept = createDiskSource({
      directory: tracks.path,
      extensions: ['mp3'],
      entityTag: 'stat',
      resolver: createResolver(() => 'folder/secret.mp3', 0),
      cacheBytes: 0,
      cacheFiles: 10,
      now: () => now,
    })
    const first = await kept.open(request, cancellation)
    expect(first?.representation.size).toBe('harmless'.length)
    first?.close()
    renameSync(join(tracks.path, 'folder'), join(tracks.path, 'moved'))
    symlinkSync(outside.path, join(tracks.path, 'folder'))
    now = 1000
    expect(await kept.open(request, cancellation)).toBeUndefined()
    rmSync(join(tracks.path, 'folder'))
  })
})
