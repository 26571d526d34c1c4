/** Files that are appended to while they are served, as recordings and uploads are. */
import { Buffer } from 'node:buffer'
import { once } from 'node:events'
import {
  appendFileSync,
  ftruncateSync,
  openSync,
  closeSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { createStreamHandler, createStreamRouter } from 'express-signed-stream'
import { createDiskSource } from '../../../src/source/disk/disk-source'
import type { Source, SourceError } from '../../../src/source/source'
import { BLOCK_BYTES } from '../../../src/source/memory/block-cache'
import { ask, connectTo, rawGet } from '../../support/client'
import { openTrack, readAll } from '../../support/contract'
import { eventsOf } from '../../support/events'
import { eventually } from '../../support/eventually'
import { listen, type RunningServer } from '../../support/server'
import { makeTrackDirectory, pathFor, SECRET } from '../../support/tracks'

/** More than the kernel takes for a client that does not read. */
const LONG = Buffer.alloc(8 * 1024 * 1024, 'recorded so far; ')
const HEAD_END = '\r\n\r\n'

const tracks = makeTrackDirectory()
afterAll(tracks.remove)

afterEach(() => {
  jest.restoreAllMocks()
})

function serve(cache?: false): Promise<RunningServer> {
  return listen(
    createStreamHandler({ path: '/stream', dir: tracks.path, secret: SECRET, growing: true, cache }),
  )
}

describe.each<[string, false | undefined]>([
  ['with caches', undefined],
  ['without caches', false],
])('A file that grows during a download, %s,', (_how, cache) => {
  it('is sent as it was at the beginning, whole, and the rest can be had after', async () => {
    const completions = eventsOf('completion')
    const file = join(tracks.path, 'growing.mp3')
    writeFileSync(file, LONG)
    await using server = await serve(cache)
    const socket = connectTo(server.port, rawGet(pathFor('growing')))
    await once(socket, 'readable')
    const received: Buffer[] = []
    let appended = 0
    for await (const chunk of socket) {
      received.push(chunk as Buffer)
      if (appended++ < 50) appendFileSync(file, 'more ')
    }
    const response = Buffer.concat(received)
    const end = response.indexOf(HEAD_END) + HEAD_END.length
    expect(response.subarray(0, end).toString()).toContain(`Content-Length: ${LONG.length}\r\n`)
    expect(response.subarray(end).equals(LONG)).toBe(true)
    await eventually(() => completions.length === 1, 'the response is reported')
    expect(completions).toMatchObject([{ outcome: 'complete', bytesSent: LONG.length }])

    const later = performance.now() + 1000
    jest.spyOn(performance, 'now').mockReturnValue(later)
    const rest = await ask(server.port, pathFor('growing'), { headers: { Range: `bytes=${LONG.length}-` } })
    expect([rest.status, rest.body.toString()]).toEqual([206, 'more '.repeat(Math.min(appended, 50))])
  })

  it.each<[string, (file: string) => void]>([
    [
      'truncated',
      file => {
        truncateSync(file, 100)
      },
    ],
    [
      'rewritten, and longer than before',
      file => {
        writeFileSync(file, Buffer.alloc(LONG.length + 1000, 'another recording; '))
      },
    ],
    [
      'rewritten in the same size',
      file => {
        writeFileSync(file, Buffer.alloc(LONG.length, 'another recording; '))
      },
    ],
  ])('is never taken for whole if it is %s', async (_what, change) => {
    const file = join(tracks.path, 'restarted.mp3')
    writeFileSync(file, LONG)
    await using server = await serve(cache)
    const socket = connectTo(server.port, rawGet(pathFor('restarted')))
    await once(socket, 'readable')
    change(file)
    const received: Buffer[] = []
    socket.on('data', (chunk: Buffer) => received.push(chunk))
    await once(socket, 'close')
    const response = Buffer.concat(received)
    expect(response.length - response.indexOf(HEAD_END) - HEAD_END.length).toBeLessThan(LONG.length)
  })
})

describe('A directory of files that grow', () => {
  let now = 0
  function source(cacheFiles = 10): Source {
    return createDiskSource({
      directory: tracks.path,
      extensions: ['mp3'],
      entityTag: 'stat',
      growing: true,
      cacheBytes: 64 * BLOCK_BYTES,
      cacheFiles,
      now: () => now,
    })
  }
  const cancellation = new AbortController()

  it('shows a new size, under another tag, within a second', async () => {
    const file = join(tracks.path, 'upload.mp3')
    writeFileSync(file, 'begun')
    const growing = source()
    const before = await openTrack(growing, 'upload')
    before.close()
    appendFileSync(file, ', and more')
    now += 1000
    const after = await openTrack(growing, 'upload')
    expect(after.representation.size).toBe('begun, and more'.length)
    expect(after.representation.etag).not.toBe(before.representation.etag)
    after.close()
  })

  it('opens a file that was just written at once, and hashes none', async () => {
    const file = join(tracks.path, 'tool.mp3')
    writeFileSync(file, '')
    // Hashing it would take a minute.
    const descriptor = openSync(file, 'r+')
    ftruncateSync(descriptor, 2 ** 36)
    closeSync(descriptor)
    utimesSync(file, 1_700_000_000, 1_700_000_000)
    const track = await openTrack(source(0), 'tool')
    const { mtimeNs } = statSync(file, { bigint: true })
    expect(track.representation).toMatchObject({
      size: 2 ** 36,
      etag: `"${(2 ** 36).toString(36)}-${mtimeNs.toString(36)}"`,
    })
    track.close()
  })

  it('completes a response of which a part was in memory', async () => {
    const content = Buffer.alloc(2 * BLOCK_BYTES, 'content; ')
    const file = join(tracks.path, 'blocks.mp3')
    writeFileSync(file, content)
    const growing = source()
    const track = await openTrack(growing, 'blocks')
    for (let request = 0; request < 3; request++)
      await readAll(track.read({ first: 0, last: 9 }, cancellation))
    const reader = track.read({ first: 0, last: content.length - 1 }, cancellation)
    const start = Buffer.from((await reader.next(false)) ?? Buffer.of())
    appendFileSync(file, 'more')
    expect(Buffer.concat([start, await readAll(reader)]).equals(content)).toBe(true)
    // In memory is the former recording.
    const second = track.read({ first: 0, last: content.length - 1 }, cancellation)
    await second.next(false)
    writeFileSync(file, Buffer.alloc(3 * BLOCK_BYTES, 'another'))
    await expect(readAll(second)).rejects.toMatchObject<Partial<SourceError>>({ kind: 'changed' })
    track.close()
  })
})

it('growing does not go with hashes of the content', () => {
  expect(() =>
    createStreamRouter({ dir: tracks.path, secret: SECRET, growing: true, entityTag: 'content' }),
  ).toThrow(
    new TypeError(
      "Cannot make createStreamRouter: growing does not go with entityTag: 'content': " +
        'a file that grows would be read whole again and again',
    ),
  )
})
