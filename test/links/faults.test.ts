/** What a state that fails, a client that leaves, and another order of events must not open. */
import { once } from 'node:events'
import { createServer, connect } from 'node:http2'
import { createLinks, createStreamHandler, memoryState, type LinkState } from 'express-signed-stream'
import { eventually } from '../support/eventually'
import { makeTrackDirectory, SECRET, TRACK } from '../support/tracks'
import { codeOf, NOW, signed, startListening } from './listening'

const RANGE = { Range: 'bytes=0-9' }

describe('links', () => {
  it('let nobody begin when the state answers nonsense', async () => {
    const state = { ...stateWith({}), begin: () => 'maybe' } as unknown as LinkState
    await using listening = await startListening({ state })
    expect(await codeOf(listening, signed('track1', 'jti.a.uses.1'), 1, RANGE)).toBe('STATE_UNAVAILABLE')
  })

  it('refuse what is revoked at any moment before the stream is listed', async () => {
    for (let turns = 0; turns < 20; turns++) {
      const memory = memoryState()
      const state = stateWith({
        hold(...args) {
          const held = Promise.resolve(memory.hold(...args))
          if (!args[2].isListening) void held.then(() => revokeAfter(turns))
          return held
        },
      })
      await using listening = await startListening({ state })
      async function revokeAfter(count: number): Promise<void> {
        for (let turn = 0; turn < count; turn++) await Promise.resolve()
        await listening.links.revoke({ linkId: 'a' })
      }
      const response = await listening.begin(signed('long', 'jti.a.streams.1')).catch(() => undefined)
      await eventually(() => listening.links.streams().length === 0, 'no revoked stream goes on')
      response?.destroy()
    }
  })

  it('list no stream of HTTP/2 whose client left while its link was looked at', async () => {
    const directory = makeTrackDirectory()
    directory.write('track1.mp3', TRACK)
    let answer: ((isMember: boolean) => void) | undefined
    const links = createLinks({
      secret: SECRET,
      now: () => NOW,
      sets: () => new Promise<boolean>(resolve => (answer = resolve)),
    })
    const server = createServer(createStreamHandler({ dir: directory.path, links }) as never)
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const session = connect(`http://127.0.0.1:${(server.address() as { port: number }).port}`)
    const closed = new Promise(resolve => server.once('stream', stream => stream.once('close', resolve)))
    const stream = session.request({ ':path': signed('track1', 'in.set1', NOW + 60, '*') })
    stream.on('error', () => undefined)
    await eventually(() => answer !== undefined, 'the app is asked')
    stream.close(8)
    await closed
    answer?.(true)
    await new Promise(setImmediate)
    await new Promise(setImmediate)
    expect(links.streams()).toEqual([])
    session.destroy()
    server.close()
    links.close()
    directory.remove()
  })

  it('end no stream without an id', async () => {
    await using listening = await startListening()
    const stream = await listening.begin(signed('long', 'jti.a'))
    expect(listening.links.end({} as never)).toBe(false)
    stream.destroy()
  })
})

function stateWith(parts: Partial<LinkState>): LinkState {
  const memory = memoryState()
  return {
    begin: memory.begin.bind(memory),
    hold: memory.hold.bind(memory),
    revocations: memory.revocations,
    ...parts,
  }
}
