/** What a disk can do to a download that is under way, and what the next one on the wire gets. */
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
import { connect } from 'node:net'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { createStreamRouter, type StreamRouterOptions } from 'express-signed-stream'
import { ask, rawGet } from '../../support/client'
import { countOpenFiles } from '../../support/descriptors'
import { listen, type RunningServer } from '../../support/server'
import { STREAM_HOSTS } from '../../support/stream-hosts'
import { makeTrackDirectory, MODIFIED, pathFor, SECRET, TRACK } from '../../support/tracks'

const tracks = makeTrackDirectory()
chmodSync(tracks.path, 0o755)
tracks.write('track1.mp3', TRACK)
afterAll(tracks.remove)

/** More than the buffers of both ends of a socket take, so that the server is still reading when it changes. */
const LONG = Buffer.alloc(32 * 1024 * 1024, 'long track ')
const HEAD_END = '\r\n\r\n'

/** As the caches have it, who trust a file for a second. */
function letSecondPass(): void {
  const later = performance.now() + 1000
  jest.spyOn(performance, 'now').mockReturnValue(later)
}
afterEach(() => {
  jest.restoreAllMocks()
})

const CACHES: readonly [string, StreamRouterOptions['cache']][] = [
  ['with its caches', undefined],
  ['without caches', false],
  ['with too little room', { maxBytes: 1_500_000, maxFiles: 1 }],
]
const HOSTS_AND_CACHES = STREAM_HOSTS.flatMap(([host, serveStream]) =>
  CACHES.map(([what, cache]) => [`${host}, ${what}`, serveStream, cache] as const),
)

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

  /** Downloads a file that changes once its first bytes have come. */
  async function downloadAcross(change: (file: string) => void, ...fields: string[]): Promise<Buffer> {
    const file = tracks.write('changing.mp3', LONG)
    const socket = connect(server.port, '127.0.0.1')
    socket.write(rawGet(pathFor('changing'), ...fields))
    await once(socket, 'readable')
    change(file)
    // A reset is an end too: what counts is how much came before it.
    const received: Buffer[] = []
    socket.on('data', (chunk: Buffer) => received.push(chunk))
    await new Promise(resolve => socket.on('close', resolve).on('error', () => undefined))
    const answer = Buffer.concat(received)
    return answer.subarray(answer.indexOf(HEAD_END) + HEAD_END.length)
  }

  describe('a file under way that is', () => {
    const faults: readonly [string, (file: string) => void][] = [
      [
        'truncated',
        file => {
          truncateSync(file, 20 * 1024 * 1024)
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
      [
        'rewritten in the same size',
        file => {
          writeFileSync(file, Buffer.alloc(LONG.length, 'new'))
        },
      ],
      [
        'rewritten in the same size and time',
        file => {
          writeFileSync(file, Buffer.alloc(LONG.length, 'new'))
          utimesSync(file, MODIFIED, MODIFIED)
        },
      ],
    ]
    it.each(faults)('%s is never taken for whole', async (_what, change) => {
      expect((await downloadAcross(change)).length).toBeLessThan(LONG.length)
    })

    it('rewritten is never taken for whole in a multipart answer either', async () => {
      const half = LONG.length / 2
      const body = await downloadAcross(
        file => {
          writeFileSync(file, Buffer.alloc(LONG.length, 'new'))
        },
        `Range: bytes=0-${half},${half + 200}-`,
      )
      expect(body.toString('latin1', body.length - 100)).not.toMatch(/--\r\n$/)
    })

    const kept: readonly [string, (file: string) => void][] = [
      [
        'deleted',
        file => {
          rmSync(file)
        },
      ],
      [
        'replaced by rename',
        file => {
          writeFileSync(`${file}.new`, 'new')
          renameSync(`${file}.new`, file)
        },
      ],
    ]
    it.each(kept)('%s is finished as it was', async (_what, change) => {
      expect((await downloadAcross(change)).equals(LONG)).toBe(true)
    })
  })

  it('a file that is replaced is answered by its new content and tag within a second', async () => {
    const file = tracks.write('replaced.mp3', 'old content')
    const old = await ask(server.port, pathFor('replaced'))
    writeFileSync(`${file}.new`, 'new content')
    renameSync(`${file}.new`, file)
    letSecondPass()
    const answer = await ask(server.port, pathFor('replaced'), {
      headers: { Range: 'bytes=4-', 'If-Range': old.headers.etag ?? '' },
    })
    expect([answer.status, answer.body.toString()]).toEqual([200, 'new content'])
  })

  it('a file that is rewritten in place is answered by its new content at once, where it is not in memory', async () => {
    const file = tracks.write('rewritten.mp3', 'old content')
    const old = await ask(server.port, pathFor('rewritten'))
    writeFileSync(file, 'new content')
    const answer = await ask(server.port, pathFor('rewritten'))
    expect([answer.status, answer.body.toString()]).toEqual([200, 'new content'])
    expect(answer.headers.etag).not.toBe(old.headers.etag)
  })

  it('what is no regular file inside is a 404, and blocks nothing', async () => {
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

  it('a file that may not be read is a 503 until it may', async () => {
    const file = tracks.write('unreadable.mp3', 'x')
    chmodSync(file, 0)
    // Root may read anything; so the test is somebody else for a moment.
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

  it('a reader of one byte at a time that stands still for too long is cut, and frees its file', async () => {
    const own = makeTrackDirectory()
    own.write('long.mp3', LONG)
    await using strict = await serve({ dir: own.path, stallTimeout: 100, cache: false })
    const socket = connect(strict.port, '127.0.0.1')
    socket.write(rawGet(pathFor('long')))
    await once(socket, 'readable')
    socket.read(1)
    const { server: listener } = strict
    while (
      await new Promise(resolve => {
        listener.getConnections((_, count) => {
          resolve(count > 0)
        })
      })
    ) {
      await sleep(20)
    }
    socket.destroy()
    await once(socket, 'close')
    while (countOpenFiles(own.path) > 0) await new Promise(setImmediate)
    own.remove()
  })

  it('after every kind of answer, the next request on the connection gets its own', async () => {
    const good = pathFor('track1')
    const { headers } = await ask(server.port, good, { method: 'HEAD' })
    const etag = headers.etag ?? ''
    const conversation: readonly [number, string][] = [
      [200, `GET ${good} HTTP/1.1`],
      [405, `POST ${good} HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello`],
      [206, `GET ${good} HTTP/1.1\r\nRange: bytes=0-9`],
      [405, `PUT ${good} HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0`],
      [206, `GET ${good} HTTP/1.1\r\nRange: bytes=0-9,5000-5009`],
      [200, `HEAD ${good} HTTP/1.1`],
      [400, 'GET /stream/a.b HTTP/1.1'],
      [403, 'GET /stream/track1 HTTP/1.1'],
      [403, 'HEAD /stream/track1 HTTP/1.1'],
      [304, `GET ${good} HTTP/1.1\r\nIf-None-Match: ${etag}`],
      [404, `GET ${pathFor('missing')} HTTP/1.1`],
      [412, `GET ${good} HTTP/1.1\r\nIf-Match: "x"`],
      [204, `OPTIONS ${good} HTTP/1.1\r\nOrigin: x\r\nAccess-Control-Request-Method: GET`],
      [416, `GET ${good} HTTP/1.1\r\nRange: bytes=999999-`],
      [405, `OPTIONS ${good} HTTP/1.1`],
      [200, `GET ${good} HTTP/1.1\r\nConnection: close`],
    ]
    const requests = conversation.map(([, request]) => {
      const [line = '', ...rest] = request.split('\r\n')
      const hasBody = rest.includes('')
      return (
        [line, 'Host: localhost', ...rest].join('\r\n') +
        (hasBody && !request.endsWith('\r\n0') ? '' : HEAD_END)
      )
    })
    const socket = connect(server.port, '127.0.0.1')
    socket.write(requests.join(''))
    const text = (await buffer(socket)).toString('latin1')
    const statuses = Array.from(text.matchAll(/HTTP\/1\.1 (\d{3}) /g), ([, status]) => Number(status))
    expect(statuses).toEqual(conversation.map(([status]) => status))
  })
})

it.each(CACHES.slice(0, 2))(
  'a reader that is slow, but not still, is served to the end %s',
  async (_what, cache) => {
    tracks.write('long.mp3', LONG)
    const stallTimeout = 2000
    await using patient = await listen(
      createStreamRouter({ dir: tracks.path, secret: SECRET, stallTimeout, cache }),
    )
    const socket = connect(patient.port, '127.0.0.1')
    socket.write(rawGet(pathFor('long').replace('/stream', '')))
    let received = 0
    for await (const chunk of socket) {
      const before = Math.floor(received / 4e6)
      received += (chunk as Buffer).length
      // Each pause is much shorter than the time-out, all of them together are longer.
      if (Math.floor(received / 4e6) > before) await sleep(300)
    }
    expect(received).toBeGreaterThan(LONG.length)
  },
)
