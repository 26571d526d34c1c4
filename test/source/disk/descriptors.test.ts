import { once } from 'node:events'
import { Agent, request, type IncomingMessage } from 'node:http'
import { connect, type Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import { startChild } from '../../support/child'
import { makeTrackDirectory, pathFor } from '../../support/tracks'

const tracks = makeTrackDirectory()
tracks.write('hot.mp3', 'a hot track')
tracks.write('cold.mp3', 'a cold track')
afterAll(tracks.remove)

it('answers 503 with Retry-After while the process is out of descriptors, and 200 again after', async () => {
  await using child = await startChild(tracks.path, { maxDescriptors: 64 })
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  async function askOnOneConnection(id: string): Promise<[number | undefined, string | undefined, string]> {
    const req = request({ host: '127.0.0.1', port: child.port, path: pathFor(id), agent }).end()
    const [res] = (await once(req, 'response')) as [IncomingMessage]
    return [res.statusCode, res.headers['retry-after'], await text(res)]
  }
  expect(await askOnOneConnection('hot')).toEqual([200, undefined, 'a hot track'])

  // The first refusal makes room by closing the hot track; the second in a row means that there is none to be made.
  const idle: Socket[] = []
  let refusals = 0
  while (refusals < 2 && idle.length < 64) {
    const [status] = await askOnOneConnection('missing')
    refusals = status === 503 ? refusals + 1 : 0
    if (status === 503) continue
    const socket = connect(child.port, '127.0.0.1')
    socket.on('error', () => undefined)
    await once(socket.resume(), 'connect')
    idle.push(socket)
  }
  expect(await askOnOneConnection('cold')).toEqual([503, '2', 'Service indisponible'])

  for (const socket of idle) socket.destroy()
  let answer = await askOnOneConnection('cold')
  while (answer[0] === 503) answer = await askOnOneConnection('cold')
  expect(answer).toEqual([200, undefined, 'a cold track'])
  expect((await child.health()).faults).toEqual([])
  agent.destroy()
})
