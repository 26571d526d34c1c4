/** What every source does to a download in progress when the file behind it changes, and what the next request gets. */
import { once } from 'node:events'
import { appendFileSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ask, connectTo, rawGet } from '../support/client'
import { DIRECTORY_SOURCES, serveFrom } from '../support/directory-sources'
import type { RunningServer } from '../support/server'
import { makeTrackDirectory, pathFor } from '../support/tracks'

const tracks = makeTrackDirectory()
afterAll(tracks.remove)

/** More than the kernel, a client and one read of a source take. */
const LONG = Buffer.alloc(24 * 1024 * 1024, 'long track ')
const NEW = Buffer.alloc(LONG.length, 'new')
const HEAD_END = '\r\n\r\n'

afterEach(() => {
  jest.restoreAllMocks()
})

function replace(file: string, content: Uint8Array | string): void {
  writeFileSync(`${file}.new`, content)
  renameSync(`${file}.new`, file)
}

const CHANGES: readonly (readonly [what: string, change: (file: string) => void])[] = [
  [
    'truncated',
    file => {
      truncateSync(file, 6 * 1024 * 1024)
    },
  ],
  [
    'grown',
    file => {
      appendFileSync(file, 'more')
    },
  ],
  [
    'rewritten in the same size',
    file => {
      writeFileSync(file, NEW)
    },
  ],
  [
    'replaced',
    file => {
      replace(file, NEW)
    },
  ],
  [
    'deleted',
    file => {
      rmSync(file)
    },
  ],
]

describe.each(DIRECTORY_SOURCES)('from %s', (_name, open) => {
  let server: RunningServer
  beforeAll(async () => {
    CHANGES.forEach((_change, index) => tracks.write(`changing${index}.mp3`, LONG))
    server = await serveFrom(open, tracks.path)
  })
  afterAll(async () => {
    await server.close()
  })

  it.each(CHANGES.map(([what, change], index) => [what, change, index] as const))(
    'a download of a file that is %s never ends as whole with other bytes',
    async (what, change, index) => {
      const socket = connectTo(server.port, rawGet(pathFor(`changing${index}`)))
      await once(socket, 'readable')
      change(join(tracks.path, `changing${index}.mp3`))
      const received: Buffer[] = []
      socket.on('data', (chunk: Buffer) => received.push(chunk))
      await once(socket, 'close')
      const response = Buffer.concat(received)
      const body = response.subarray(response.indexOf(HEAD_END) + HEAD_END.length)
      if (body.length < LONG.length) return
      // A source that still has the file as it was may go on with it.
      expect(['replaced', 'deleted']).toContain(what)
      expect(body.equals(LONG)).toBe(true)
    },
  )

  it('a file that is replaced is served with its new content and tag when it is trusted no longer', async () => {
    const file = tracks.write('replaced.mp3', 'old content')
    const old = await ask(server.port, pathFor('replaced'))
    replace(file, 'new content')
    const later = performance.now() + 1000
    jest.spyOn(performance, 'now').mockImplementation(() => later)
    const answer = await ask(server.port, pathFor('replaced'), {
      headers: { Range: 'bytes=4-', 'If-Range': old.headers.etag ?? '' },
    })
    expect([answer.status, answer.body.toString()]).toEqual([200, 'new content'])
  })
})
