/** The state of links that workers share, over a channel as between two processes. */
import { once } from 'node:events'
import { IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import { deserialize, serialize } from 'node:v8'
import { memoryState, RevocationListFull, type RevocationEntry } from 'express-signed-stream'
import { linkStateContract } from 'express-signed-stream/testing'
import { answerFrom, stateOfPrimary, type StateCall } from '../../demo/links/shared-memory'
import type { AddressedRequest } from '../../demo/front/limits'
import { shareStreamLimit } from '../../demo/front/shared-stream-limit'
import { Channel } from '../../demo/workers/channel'
import { ClientPlaces, type PlacesGranted } from '../../demo/workers/client-places'
import type { Peers } from '../../demo/workers/peers'
import { answerPrimary, askPrimaryForProblem, sendLastMetrics } from '../../demo/workers/worker'
import { eventually } from '../support/eventually'
import type { LinkState } from 'express-signed-stream'

/** Two ends of one channel, whose messages are copied as Node copies them. */
function connected(): [Channel, Channel] {
  const ends: Channel[] = []
  const [one, other] = [1, 0].map(
    (to, from) =>
      (ends[from] = new Channel((message, onSent) => {
        const copy: unknown = deserialize(serialize(message))
        setImmediate(() => {
          onSent()
          ends[to]?.receive(copy)
        })
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

  it('does not send the streams in progress every second, which nobody could read there', () => {
    expect(remote(memoryState()).streams).toBeUndefined()
  })

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
    await expect(channel.ask('anything', undefined, { patience: 1 })).rejects.toThrow(
      'No response within 1 ms',
    )
  })

  it('holds back what may be lost, and asks nothing, while the other process does not read', async () => {
    const unread: (() => void)[] = []
    const channel = new Channel((_message, onSent) => void unread.push(onSent))
    for (let count = 0; count < 5000; count += 1) channel.tellIfRoom('refusal', 'client')
    expect(unread).toHaveLength(1000)
    await expect(channel.ask('streams', undefined)).rejects.toThrow('The other process does not read')
    channel.tell('places granted', { client: 'a', count: 1 })
    expect(unread).toHaveLength(1001)

    for (const onSent of unread.splice(0)) onSent()
    channel.tellIfRoom('refusal', 'client')
    void channel.ask('streams', undefined).catch(() => undefined)
    expect(unread).toHaveLength(2)
    channel.close()
  })

  it('goes on after a value that cannot be sent, and answers with the fault', async () => {
    const [one, other] = connected()
    other.on('anything', () => () => undefined)
    await expect(one.ask('anything', undefined)).rejects.toThrow(/could not be cloned/)
    for (let count = 0; count < 2000; count += 1) {
      expect(() => {
        one.tell('anything', () => undefined)
      }).toThrow(/could not be cloned/)
    }
    expect(one.isFull).toBe(false)
  })

  it('takes nothing of a process that has ended', () => {
    const channel = new Channel(() => undefined)
    const told: unknown[] = []
    channel.on('own metrics', value => told.push(value))
    const message = { signedStream: { kind: 'tell', name: 'own metrics', value: 1, from: 0 } }
    channel.receive(message)
    channel.close()
    channel.receive(message)
    expect(told).toEqual([1])
  })
})

describe('the places of clients', () => {
  /** Some workers, of which each tells what `tell` gives it, and does with a question what `onReturn` does. */
  function setUp(max: number) {
    const places = new ClientPlaces(max)
    function addWorker(
      id: number,
      onReturn: (tell: Channel['tell'], client: string) => unknown = () => undefined,
    ) {
      const [worker, primary] = connected()
      const granted: number[] = []
      worker.on('places granted', ({ count }: PlacesGranted) => granted.push(count))
      worker.on('return places', (client: string) => onReturn(worker.tell.bind(worker), client))
      places.serve(id, primary)
      return {
        granted,
        async want(client: string, count: number): Promise<number> {
          const before = granted.length
          worker.tell('places wanted', { client, count })
          return eventually(() => granted[before], 'the primary process responds')
        },
        tell: worker.tell.bind(worker),
      }
    }
    return { places, addWorker }
  }

  it('are no more than the limit, for each client', async () => {
    const { addWorker } = setUp(3)
    const [one, other] = [addWorker(1), addWorker(2)]
    expect(await one.want('a', 2)).toBe(2)
    expect(await other.want('a', 5)).toBe(1)
    expect(await one.want('a', 1)).toBe(0)
    expect(await one.want('b', 5)).toBe(3)
  })

  it('are those that other workers return, when there are no others', async () => {
    const { addWorker } = setUp(2)
    const one = addWorker(1, (tell, client) => {
      tell('places returned', [[client, 1]])
    })
    const other = addWorker(2)
    expect(await one.want('a', 2)).toBe(2)
    expect(await other.want('a', 2)).toBe(1)
  })

  it('are no more than a worker wants, of whose own nothing is asked back', async () => {
    const { addWorker } = setUp(3)
    const asked: string[] = []
    const one = addWorker(1, (tell, client) => {
      asked.push('one')
      tell('places returned', [[client, 2]])
    })
    const other = addWorker(2, () => {
      asked.push('other')
    })
    expect(await one.want('a', 2)).toBe(2)
    expect(await other.want('a', 2)).toBe(2)
    expect(await one.want('a', 1)).toBe(1)
    expect(asked).toEqual(['one'])
  })

  it('are free also if a worker returns them too late for the one who asked', async () => {
    const { addWorker } = setUp(2)
    let goOn: (() => void) | undefined
    const one = addWorker(1, (tell, client) => {
      goOn ??= () => {
        tell('places returned', [[client, 2]])
      }
      return new Promise(() => undefined)
    })
    const other = addWorker(2)
    expect(await one.want('a', 2)).toBe(2)
    expect(await other.want('a', 1)).toBe(0)
    goOn?.()
    expect(await other.want('a', 2)).toBe(2)
  })

  it('of a worker that has ended are free, and it gets no more', async () => {
    const { places, addWorker } = setUp(2)
    const one = addWorker(1)
    const other = addWorker(2)
    expect(await one.want('a', 2)).toBe(2)
    one.tell('places wanted', { client: 'a', count: 1 })
    places.forget(1)
    expect(await other.want('a', 2)).toBe(2)
    expect(one.granted).toEqual([2])
    places.forget(2)
    expect(places.size).toBe(0)
  })
})

describe('a check of all workers', () => {
  it('is one for all who want it at the same time, and a new one afterwards', async () => {
    const asked: (() => void)[] = []
    const peers = {
      ask: () =>
        new Promise(resolve => {
          asked.push(() => {
            resolve('draining')
          })
        }),
    } as unknown as Peers
    const findProblem = askPrimaryForProblem(peers)
    const answers = Promise.all(Array.from({ length: 1000 }, () => findProblem()))
    expect(asked).toHaveLength(1)
    asked[0]?.()
    expect(new Set(await answers)).toEqual(new Set(['draining']))
    void findProblem()
    expect(asked).toHaveLength(2)
  })
})

describe('the metrics of a worker', () => {
  it('are sent when they are read and at the end, and not after it, when the server has none any more', async () => {
    const handlers = new Map<string, () => unknown>()
    const told: [string, unknown][] = []
    const peers = {
      on: (name: string, handler: () => unknown) => void handlers.set(name, handler),
      tell: (name: string, value: unknown) => void told.push([name, value]),
    } as unknown as Peers
    let snapshot: object[] = [{ name: 'read' }]
    const metrics = { snapshot: () => Promise.resolve(snapshot) }
    answerPrimary(peers, {
      findProblem: () => Promise.resolve(undefined),
      metrics,
      describe: () => Promise.reject(new Error('not needed')),
    })
    await handlers.get('metrics')?.()
    snapshot = [{ name: 'last' }]
    await sendLastMetrics(peers, metrics)
    snapshot = []
    await handlers.get('metrics')?.()
    expect(told).toEqual([
      ['own metrics', [{ name: 'read' }]],
      ['own metrics', [{ name: 'last' }]],
    ])
  })
})

describe('a stream of a client', () => {
  const request = { url: '/stream/a?expires=1&sig=2', method: 'GET', ip: '192.0.2.1' }

  /** A limit of which the test is the primary process. */
  function setUp() {
    const told: [string, unknown][] = []
    const handlers = new Map<string, (value: never, from: number) => unknown>()
    const refused: unknown[] = []
    const limit = shareStreamLimit({
      peers: {
        on: (name, handler) => void handlers.set(name, handler),
        tell: (name, value) => void told.push([name, value]),
      },
      findRefusal: () => undefined,
      refuse: req => void refused.push(req),
    })
    function begin() {
      const socket = new Socket()
      const req: AddressedRequest = Object.assign(new IncomingMessage(socket), request)
      const res = new ServerResponse(req)
      res.assignSocket(socket)
      let hasBegun = false
      limit.admit(req, res, () => {
        hasBegun = true
      })
      return { hasBegun: (): boolean => hasBegun, socket }
    }
    return {
      told,
      refused,
      begin,
      limit,
      hear: (name: string, value: unknown): unknown => handlers.get(name)?.(value as never, 0),
    }
  }

  it('asks once for all that wait, and those that are too many are refused', () => {
    const { told, refused, begin, hear, limit } = setUp()
    const streams = [begin(), begin(), begin()]
    expect(told).toEqual([['places wanted', { client: request.ip, count: 1 }]])
    hear('places granted', { client: request.ip, count: 1 })
    expect(streams.map(({ hasBegun }) => hasBegun())).toEqual([true, false, false])
    expect(told.at(-1)).toEqual(['places wanted', { client: request.ip, count: 2 }])
    hear('places granted', { client: request.ip, count: 1 })
    expect(streams.map(({ hasBegun }) => hasBegun())).toEqual([true, true, false])
    expect(refused).toHaveLength(1)
    limit.close()
  })

  it('asks nobody if another one has left its place, which is returned when the primary process wants it', async () => {
    const { told, begin, hear, limit } = setUp()
    const first = begin()
    hear('places granted', { client: request.ip, count: 1 })
    first.socket.destroy()
    await eventually(() => {
      const next = begin()
      return next.hasBegun() && next
    }, 'the place is free')
    hear('return places', request.ip)
    expect(told.filter(([name]) => name === 'places returned')).toEqual([])
    limit.close()
  })

  it('takes no place if its client has left before one is granted: the next one begins at once', () => {
    const { told, refused, begin, hear, limit } = setUp()
    const left = begin()
    left.socket.destroy()
    hear('places granted', { client: request.ip, count: 1 })
    expect(left.hasBegun()).toBe(false)
    const next = begin()
    expect(next.hasBegun()).toBe(true)
    expect([told.length, refused.length]).toEqual([1, 0])
    limit.close()
  })

  it('leaves a place that is returned when nobody has needed it for ten seconds, and not before', async () => {
    jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'performance'] })
    const { told, begin, hear, limit } = setUp()
    const streams = [begin(), begin(), begin()]
    hear('places granted', { client: request.ip, count: 1 })
    hear('places granted', { client: request.ip, count: 2 })
    expect(streams.map(({ hasBegun }) => hasBegun())).toEqual([true, true, true])
    function returned(): unknown[] {
      return told.filter(([name]) => name === 'places returned').map(([, value]) => value)
    }
    async function end(stream: { readonly socket: Socket } | undefined): Promise<void> {
      const closed = stream && once(stream.socket, 'close')
      stream?.socket.destroy()
      await closed
    }
    await end(streams[0])
    await end(streams[1])
    jest.advanceTimersByTime(10_000)
    expect(returned()).toEqual([])
    jest.advanceTimersByTime(10_000)
    expect(returned()).toEqual([[[request.ip, 2]]])
    await end(streams[2])
    jest.advanceTimersByTime(20_000)
    expect(returned()).toEqual([[[request.ip, 2]], [[request.ip, 1]]])
    // Nothing is left of the client: the next request needs a place again.
    expect(begin().hasBegun()).toBe(false)
    limit.close()
    jest.useRealTimers()
  })

  it('begins without a place if none is granted in time, and later ones do not wait', async () => {
    const { told, refused, begin, hear, limit } = setUp()
    const first = begin()
    await eventually(first.hasBegun, 'it waits no longer')
    const second = begin()
    expect(second.hasBegun()).toBe(true)
    // The late place is kept, and the next request asks for all that lack one.
    hear('places granted', { client: request.ip, count: 1 })
    const third = begin()
    expect(third.hasBegun()).toBe(false)
    expect(told.at(-1)).toEqual(['places wanted', { client: request.ip, count: 2 }])
    hear('places granted', { client: request.ip, count: 1 })
    expect(refused).toHaveLength(1)
    limit.close()
  })
})
