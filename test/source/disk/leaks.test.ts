/** A thousand clients that leave, and not one descriptor kept. */
import { request } from 'node:http'
import { promisify } from 'node:util'
import { createStreamRouter } from 'express-signed-stream'
import { ask } from '../../support/client'
import { countOpenFiles } from '../../support/descriptors'
import { HOSTS, listen, type RunningServer } from '../../support/server'
import { makeTrackDirectory, pathFor, SECRET } from '../../support/tracks'

const AT_ONCE = 50
const ROUNDS = 20

/** When a client leaves: at once, with the head, or in the body. */
const MOMENTS = ['socket', 'response', 'data'] as const

async function leave(port: number, moment: (typeof MOMENTS)[number]): Promise<void> {
  const headers = { Range: `bytes=${Math.floor(Math.random() * 7_000_000)}-` }
  const req = request({ host: '127.0.0.1', port, path: pathFor('long'), headers, agent: false })
  const closed = new Promise(resolve => req.on('close', resolve).on('error', resolve))
  req.on('response', res => {
    res.on('error', () => undefined)
    if (moment === 'response') req.destroy()
    res.once('data', () => req.destroy())
  })
  req.on('socket', socket => {
    if (moment === 'socket') {
      socket.once('connect', () => {
        setImmediate(() => req.destroy())
      })
    }
  })
  req.end()
  await closed
}

async function allClosed({ server }: RunningServer): Promise<void> {
  const countConnections = promisify(server.getConnections.bind(server))
  while ((await countConnections()) > 0) await new Promise(setImmediate)
}

describe.each(HOSTS)('1000 aborted downloads on %s', (_name, mount) => {
  it.each([
    ['leave no descriptor open', false, 0],
    ['leave one descriptor open where files are kept ready', undefined, 1],
  ] as const)('%s', async (_what, cache, expected) => {
    const tracks = makeTrackDirectory()
    tracks.write('long.mp3', Buffer.alloc(8_000_000))
    const router = createStreamRouter({ dir: tracks.path, secret: SECRET, cache })
    await using running = await listen(mount(router))
    for (let round = 0; round < ROUNDS; round++) {
      await Promise.all(
        Array.from({ length: AT_ONCE }, (_, index) => leave(running.port, MOMENTS[index % 3] ?? 'data')),
      )
    }
    await allClosed(running)
    // A file is closed in a turn of the thread pool after its socket; one that leaks is open when the test times out.
    while (countOpenFiles(tracks.path) !== expected) await new Promise(setImmediate)
    const answer = await ask(running.port, pathFor('long'), { headers: { Range: 'bytes=-5' } })
    expect(answer.status).toBe(206)
    tracks.remove()
  })
})
