/** The state of links that workers share, over a channel as between two processes. */
import { deserialize, serialize } from 'node:v8'
import { memoryState, RevocationListFull, type RevocationEntry } from 'express-signed-stream'
import { linkStateContract } from 'express-signed-stream/testing'
import { answerFrom, stateOfPrimary, type StateCall } from '../../demo/links/shared-memory'
import { Channel } from '../../demo/workers/channel'
import type { LinkState } from 'express-signed-stream'

/** Two ends of one channel, whose messages are copied as Node copies them. */
function connected(): [Channel, Channel] {
  const ends: Channel[] = []
  const [one, other] = [1, 0].map(
    (to, from) =>
      (ends[from] = new Channel(message => {
        const copy: unknown = deserialize(serialize(message))
        setImmediate(() => ends[to]?.receive(copy))
      })),
  ) as [Channel, Channel]
  return [one, other]
}

function remote(state: LinkState): LinkState {
  const [worker, primary] = connected()
  const answer = answerFrom(state)
  primary.on('state', (call: StateCall) => answer(call))
  return stateOfPrimary((name, value) => worker.ask(name, value))
}

describe('the state of several workers', () => {
  const shared = memoryState()
  const tests = linkStateContract({ make: () => remote(shared) })
  it.each(tests)('$name', ({ run }) => run())

  it('rejects what does not fit into the list with the error of the package', async () => {
    const state = remote(memoryState())
    const entry: RevocationEntry = {
      kind: 'link',
      value: 'a',
      before: 1,
      until: undefined,
      endsStreams: true,
    }
    await state.revocations.add(entry, { max: 1, now: 1 })
    await expect(state.revocations.add({ ...entry, value: 'b' }, { max: 1, now: 1 })).rejects.toBeInstanceOf(
      RevocationListFull,
    )
  })
})

describe('a channel', () => {
  it('rejects all questions when the other process has ended', async () => {
    const channel = new Channel(() => undefined)
    const asked = channel.ask('anything', undefined)
    channel.close()
    await expect(asked).rejects.toThrow('The other process has ended')
    await expect(channel.ask('anything', undefined)).rejects.toThrow('The other process has ended')
  })

  it('rejects a question that is not answered in time', async () => {
    const channel = new Channel(() => undefined)
    await expect(channel.ask('anything', undefined, { patience: 1 })).rejects.toThrow('No answer within 1 ms')
  })
})
