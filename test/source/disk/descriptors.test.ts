import { Agent } from 'node:http'
import { connect, type Socket } from 'node:net'
import { startChild } from '../../support/child'
import { ask } from '../../support/client'
import { eventually } from '../../support/eventually'
import { makeTrackDirectory, pathFor } from '../../support/tracks'

const tracks = makeTrackDirectory()
tracks.write('hot.mp3', 'a hot track')
tracks.write('cold.mp3', 'a cold track')
afterAll(tracks.remove)

it('answers 503 with Retry-After while the process is out of descriptors, and 200 again after', async () => {
  await using child = await startChild(tracks.path, { maxDescriptors: 64 })
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  /** Needs no further descriptor here or there. */
  async function askOnOneConnection(id: string): Promise<[number, string | undefined, string]> {
    const { status, headers, body } = await ask(child.port, pathFor(id), { agent })
    return [status, headers['retry-after'], body.toString()]
  }
  expect(await askOnOneConnection('hot')).toEqual([200, undefined, 'a hot track'])

  // The first refusal makes room by closing the hot track. After the second in a row, there is no more room to make.
  const idle: Socket[] = []
  let refusals = 0
  let hasMadeRoom = false
  while (refusals < 2 && idle.length < 64) {
    const [status] = await askOnOneConnection('missing')
    if (status !== 503 && refusals === 1) hasMadeRoom = true
    refusals = status === 503 ? refusals + 1 : 0
    if (status === 503) continue
    const socket = connect(child.port, '127.0.0.1')
    socket.on('error', () => undefined)
    idle.push(socket)
    // Only a response, or the end, shows that the server has accepted it: until then, it needs no descriptor there.
    socket.write('GET /stream/hot HTTP/1.1\r\nHost: a\r\n\r\n')
    await new Promise(resolve => socket.once('data', resolve).once('close', resolve))
  }
  expect(hasMadeRoom).toBe(true)
  expect(await askOnOneConnection('cold')).toEqual([503, '2', 'Service indisponible'])

  for (const socket of idle) socket.destroy()
  const answer = await eventually(async () => {
    const latest = await askOnOneConnection('cold')
    return latest[0] !== 503 && latest
  }, 'the process has descriptors again')
  expect(answer).toEqual([200, undefined, 'a cold track'])
  expect((await child.health()).faults).toEqual([])
  agent.destroy()
})
