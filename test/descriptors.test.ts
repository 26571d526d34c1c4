import { once } from 'node:events'
import { Agent, request, type IncomingMessage } from 'node:http'
import { connect, type Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import { startChild } from './support/child'
import { makeTrackDirectory, pathFor } from './support/tracks'

const tracks = makeTrackDirectory()
tracks.write('track1.mp3', 'a track')
afterAll(tracks.remove)

it('answers 503 with Retry-After while the process is out of descriptors, and 200 again after', async () => {
  await using child = await startChild(tracks.path, { maxDescriptors: 64 })
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  async function askOnOneConnection(): Promise<[number | undefined, string | undefined, string]> {
    const req = request({ host: '127.0.0.1', port: child.port, path: pathFor('track1'), agent }).end()
    const [res] = (await once(req, 'response')) as [IncomingMessage]
    return [res.statusCode, res.headers['retry-after'], await text(res)]
  }
  expect(await askOnOneConnection()).toEqual([200, undefined, 'a track'])

  const idle: Socket[] = []
  let answer = await askOnOneConnection()
  while (answer[0] === 200 && idle.length < 64) {
    const socket = connect(child.port, '127.0.0.1')
    socket.on('error', () => undefined)
    await once(socket.resume(), 'connect')
    idle.push(socket)
    answer = await askOnOneConnection()
  }
  expect(answer).toEqual([503, '2', 'Service indisponible'])

  for (const socket of idle) socket.destroy()
  while (answer[0] === 503) answer = await askOnOneConnection()
  expect(answer).toEqual([200, undefined, 'a track'])
  expect((await child.health()).faults).toEqual([])
  agent.destroy()
})
