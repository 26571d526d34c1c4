/** Clients that leave, two hundred of them, and not one descriptor kept. */
import { request } from 'node:http'
import { createStreamRouter } from 'express-signed-stream'
import { ask } from '../../support/client'
import { countOpenFiles } from '../../support/descriptors'
import { eventually } from '../../support/eventually'
import { randomFrom } from '../../support/random'
import { connectionsOf, listen } from '../../support/server'
import { makeTrackDirectory, queryFor, SECRET } from '../../support/tracks'

const SIZE = 8_000_000
const AT_ONCE = 50
const ROUNDS = 4
const SEED = 20_260_102
const PATH = `/long?${queryFor('long')}`

/** When a client leaves: as soon as it has sent its request, with the head, or in the body. */
const MOMENTS = ['socket', 'response', 'data'] as const

async function leave(port: number, moment: (typeof MOMENTS)[number], first: number): Promise<void> {
  const headers = { Range: `bytes=${first}-` }
  const req = request({ host: '127.0.0.1', port, path: PATH, headers, agent: false })
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

it.each([
  ['no descriptor open without a cache', false, 0],
  ['one descriptor open if files are kept ready', undefined, 1],
] as const)('200 aborted downloads leave %s', async (_what, cache, expected) => {
  const random = randomFrom(SEED)
  const tracks = makeTrackDirectory()
  tracks.write('long.mp3', Buffer.alloc(SIZE))
  await using server = await listen(createStreamRouter({ dir: tracks.path, secret: SECRET, cache }))
  for (let round = 0; round < ROUNDS; round++) {
    const clients = Array.from({ length: AT_ONCE }, (_, index) =>
      leave(server.port, MOMENTS[index % 3] ?? 'data', Math.floor(random() * (SIZE - 1_000_000))),
    )
    await Promise.all(clients)
  }
  await eventually(async () => (await connectionsOf(server)) === 0, 'every connection is closed')
  // The thread pool closes a file after its socket has closed.
  await eventually(() => countOpenFiles(tracks.path) === expected, `${expected} files are open`)
  const answer = await ask(server.port, PATH, { headers: { Range: 'bytes=-5' } })
  expect(answer.status).toBe(206)
  tracks.remove()
})
