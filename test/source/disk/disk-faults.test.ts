/** What a disk can do to a download in progress, and what the next request gets. */
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import {
  appendFileSync,
  chmodSync,
  mkdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { createStreamHandler, type StreamRouterOptions } from 'express-signed-stream'
import { ask, connectTo, rawGet } from '../../support/client'
import { countOpenFiles } from '../../support/descriptors'
import { eventually } from '../../support/eventually'
import { connectionsOf, listen, type RunningServer } from '../../support/server'
import { HOSTS_AND_CACHES } from '../../support/stream-hosts'
import { makeTrackDirectory, MODIFIED, pathFor, SECRET, TRACK } from '../../support/tracks'

const tracks = makeTrackDirectory()
chmodSync(tracks.path, 0o755)
tracks.write('track1.mp3', TRACK)
afterAll(tracks.remove)

/** Twice what the kernel takes for a client that does not read (Linux: 4 MiB), so that the server is still reading. */
const LONG = Buffer.alloc(8 * 1024 * 1024, 'long track ')
const NEW = Buffer.alloc(LONG.length, 'new')
const HEAD_END = '\r\n\r\n'

afterEach(() => {
  jest.restoreAllMocks()
})

/** For the caches, which trust a file for a second. */
function letSecondPass(): void {
  const later = performance.now() + 1000
  jest.spyOn(performance, 'now').mockReturnValue(later)
}

type Fault = readonly [what: string, change: (file: string) => void]

const CHANGES: readonly Fault[] = [
  [
    'truncated',
    file => {
      truncateSync(file, 6 * 1024 * 1024)
    },
  ],
  [
    'emptied',
    file => {
      truncateSync(file, 0)
    },
  ],
  [
    'grown',
    file => {
      appendFileSync(file, 'more')
    },
  ],
  [
    'rewritten',
    file => {
      writeFileSync(file, 'short')
    },
  ],
  ['rewritten in the same size', rewrite],
  [
    'rewritten in the same size and time',
    file => {
      rewrite(file)
      utimesSync(file, MODIFIED, MODIFIED)
    },
  ],
]

/** The open file is what it was. */
const REPLACEMENTS: readonly Fault[] = [
  [
    'deleted',
    file => {
      rmSync(file)
    },
  ],
  [
    'replaced by rename',
    file => {
      replace(file, 'new')
    },
  ],
]

function rewrite(file: string): void {
  writeFileSync(file, NEW)
}

function replace(file: string, content: string): void {
  writeFileSync(`${file}.new`, content)
  renameSync(`${file}.new`, file)
}

describe.each(HOSTS_AND_CACHES)('%s', (_name, serveStream, cache) => {
  let server: RunningServer
  async function serve(options: Partial<StreamRouterOptions> = {}): Promise<RunningServer> {
    return listen(serveStream({ dir: tracks.path, secret: SECRET, cache, ...options }))
  }
  beforeAll(async () => {
    server = await serve()
  })
  afterAll(async () => {
    await server.close()
  })

  /** Files that no test has changed yet. Written together, because one that was just written is served later. */
  const unchanged = [...CHANGES, ...REPLACEMENTS, 'multipart'].map((_test, index) => `changing${index}`)
  beforeAll(() => {
    for (const id of unchanged) tracks.write(`${id}.mp3`, LONG)
  })

  /** The body of a file that changes once its first bytes have come. */
  async function downloadAcross(change: (file: string) => void, ...fields: string[]): Promise<Buffer> {
    const id = unchanged.pop() ?? 'none is left'
    const file = join(tracks.path, `${id}.mp3`)
    const socket = connectTo(server.port, rawGet(pathFor(id), ...fields))
    await once(socket, 'readable')
    change(file)
    const received: Buffer[] = []
    socket.on('data', (chunk: Buffer) => received.push(chunk))
    // A reset is an end too: what counts is how much came before it.
    await once(socket, 'close')
    const response = Buffer.concat(received)
    return response.subarray(response.indexOf(HEAD_END) + HEAD_END.length)
  }

  describe('a file that, during a download, is', () => {
    it.each(CHANGES)('%s is never taken for whole', async (_what, change) => {
      expect((await downloadAcross(change)).length).toBeLessThan(LONG.length)
    })

    it('rewritten is never taken for whole in a multipart response either', async () => {
      const half = LONG.length / 2
      const body = await downloadAcross(rewrite, `Range: bytes=0-${half},${half + 200}-`)
      expect(body.toString('latin1', body.length - 100)).not.toMatch(/--\r\n$/)
    })

    it.each(REPLACEMENTS)('%s is finished as it was', async (_what, change) => {
      expect((await downloadAcross(change)).equals(LONG)).toBe(true)
    })
  })

  it('a file that is replaced is served with its new content and tag within a second', async () => {
    const file = tracks.write('replaced.mp3', 'old content')
    const old = await ask(server.port, pathFor('replaced'))
    replace(file, 'new content')
    letSecondPass()
    const answer = await ask(server.port, pathFor('replaced'), {
      headers: { Range: 'bytes=4-', 'If-Range': old.headers.etag ?? '' },
    })
    expect([answer.status, answer.body.toString()]).toEqual([200, 'new content'])
  })

  it('a file that is rewritten in place is served with its new content at once, if it is not in memory', async () => {
    const file = tracks.write('rewritten.mp3', 'old content')
    const old = await ask(server.port, pathFor('rewritten'))
    writeFileSync(file, 'new content')
    const answer = await ask(server.port, pathFor('rewritten'))
    expect([answer.status, answer.body.toString()]).toEqual([200, 'new content'])
    expect(answer.headers.etag).not.toBe(old.headers.etag)
  })

  it('what is no regular file inside the directory is a 404, and blocks nothing', async () => {
    const odd = makeTrackDirectory()
    await using other = await serve({ dir: odd.path })
    execFileSync('mkfifo', [join(odd.path, 'fifo.mp3')])
    mkdirSync(join(odd.path, 'directory.mp3'))
    symlinkSync('/dev/zero', join(odd.path, 'device.mp3'))
    symlinkSync(join(tracks.path, 'track1.mp3'), join(odd.path, 'escape.mp3'))
    symlinkSync('loop.mp3', join(odd.path, 'loop.mp3'))
    const ids = ['fifo', 'fifo', 'fifo', 'fifo', 'fifo', 'directory', 'device', 'escape', 'loop']
    const answers = await Promise.all(ids.map(id => ask(other.port, pathFor(id))))
    expect(answers.map(({ status }) => status)).toEqual(ids.map(() => 404))
    odd.remove()
  })

  it('a file without permission to read it is a 503 until there is one', async () => {
    const file = tracks.write('unreadable.mp3', 'x')
    chmodSync(file, 0)
    // Root may read anything; so the test is another user for a moment.
    const isRoot = process.geteuid?.() === 0
    if (isRoot) process.seteuid?.(65_534)
    try {
      const answer = await ask(server.port, pathFor('unreadable'))
      expect(answer.status).toBe(503)
      expect(answer.headers['retry-after']).toBe('2')
    } finally {
      if (isRoot) process.seteuid?.(0)
    }
    chmodSync(file, 0o644)
    expect((await ask(server.port, pathFor('unreadable'))).status).toBe(200)
  })
})

function serveAlone(options: Partial<StreamRouterOptions>): Promise<RunningServer> {
  return listen(createStreamHandler({ path: '/stream', dir: tracks.path, secret: SECRET, ...options }))
}

it('the connection of a client that takes nothing closes after stallTimeout, and its file too', async () => {
  const own = makeTrackDirectory()
  own.write('long.mp3', LONG)
  await using server = await serveAlone({ dir: own.path, stallTimeout: 100, cache: false })
  const socket = connectTo(server.port, rawGet(pathFor('long')))
  await once(socket, 'readable')
  socket.read(1)
  await eventually(async () => (await connectionsOf(server)) === 0, 'the server closes the connection')
  await eventually(() => countOpenFiles(own.path) === 0, 'the file is closed')
  socket.destroy()
  own.remove()
})

it('clients that are slow, but never stand still for stallTimeout, get the whole file', async () => {
  tracks.write('slow.mp3', LONG)
  async function download({ port }: RunningServer): Promise<number> {
    let received = 0
    for await (const chunk of connectTo(port, rawGet(pathFor('slow')))) {
      const before = Math.floor(received / 1e6)
      received += (chunk as Buffer).length
      // Each pause is much shorter than the time-out, all of them together are longer.
      if (Math.floor(received / 1e6) > before) await sleep(150)
    }
    return received
  }
  await using fromMemory = await serveAlone({ stallTimeout: 1000 })
  await using fromDisk = await serveAlone({ stallTimeout: 1000, cache: false })
  const received = await Promise.all([fromMemory, fromMemory, fromDisk].map(download))
  expect(Math.min(...received)).toBeGreaterThan(LONG.length)
})
