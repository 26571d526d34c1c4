/** Two nodes that share a state which responds later, or not at all. */
import { memoryState, type LinksOptions, type LinkState } from 'express-signed-stream'
import { eventually } from '../support/eventually'
import { codeOf, cookieOf, cutOff, NOW, signed, startListening, type Listening } from './listening'

const RANGE = { Range: 'bytes=0-9' }

interface FarState extends LinkState {
  isAway: boolean
  /** Calls of `begin` and `hold`. */
  readonly calls: string[]
}

/** As a data base is: every answer comes later, and none while it is away. */
function farState(): FarState {
  const memory = memoryState()
  const calls: string[] = []
  async function far<T>(name: string, answer: () => T | Promise<T>): Promise<T> {
    calls.push(name)
    await new Promise(setImmediate)
    if (state.isAway) throw new Error('The data base is away')
    return answer()
  }
  const state: FarState = {
    isAway: false,
    calls,
    begin: (...args) => far('begin', () => memory.begin(...args)),
    hold: (...args) => far('hold', () => memory.hold(...args)),
    revocations: {
      add: (...args) => far('add', () => memory.revocations.add(...args)),
      read: cursor => far('read', () => memory.revocations.read(cursor)),
    },
    streams: {
      publish: (...args) => far('publish', () => memory.streams?.publish(...args)),
      read: () => far('list', () => memory.streams?.read() ?? []),
    },
  }
  return state
}

interface Nodes extends AsyncDisposable {
  readonly one: Listening
  readonly other: Listening
}

async function startNodes(state: LinkState, options: Partial<LinksOptions> = {}): Promise<Nodes> {
  const one = await startListening({ state, ...options })
  const other = await startListening({ state, ...options })
  const link = signed('track1', `iat.${NOW}`)
  for (const node of [one, other]) {
    await eventually(async () => (await codeOf(node, link)) === '200', 'the node is ready')
  }
  return {
    one,
    other,
    async [Symbol.asyncDispose]() {
      await one[Symbol.asyncDispose]()
      await other[Symbol.asyncDispose]()
    },
  }
}

describe('two nodes', () => {
  it('let exactly as many begin as a link says', async () => {
    await using nodes = await startNodes(farState())
    const { one, other } = nodes
    const link = signed('track1', 'jti.a.uses.3')
    const hosts = Array.from({ length: 30 }, (_, index) => index + 1)
    const answers = await Promise.all(hosts.map(host => (host % 2 ? one : other).get(link, host, RANGE)))
    expect(answers.filter(({ status }) => status === 206)).toHaveLength(3)
  })

  it('continue each other’s sessions after the expiry, by address and by cookie', async () => {
    await using nodes = await startNodes(farState())
    const { one, other } = nodes
    const link = signed('track1', `iat.${NOW}.ses.600`)
    const Cookie = cookieOf(await one.get(link, 1, RANGE))
    one.time = other.time = NOW + 61
    expect(await codeOf(other, link, 1, RANGE)).toBe('206')
    expect(await codeOf(other, link, 2, { Cookie, ...RANGE })).toBe('206')
    expect(await codeOf(other, link, 3)).toBe('SIGNATURE_EXPIRED')
  })

  it('count the streams of a listener together, and never ask for one they know', async () => {
    const state = farState()
    await using nodes = await startNodes(state)
    const { one, other } = nodes
    const link = signed('track1', 'streams.1.sub.u42')
    expect(await codeOf(one, link, 1, RANGE)).toBe('206')
    expect(await codeOf(other, link, 2)).toBe('TOO_MANY_STREAMS')
    expect(await codeOf(other, link, 1, RANGE)).toBe('206')
    const asked = state.calls.filter(name => name === 'hold').length
    expect(await codeOf(one, link, 1, RANGE)).toBe('206')
    expect(state.calls.filter(name => name === 'hold')).toHaveLength(asked)
  })

  it('end the oldest stream of a listener wherever it is', async () => {
    await using nodes = await startNodes(farState(), { onLimit: 'endOldest' })
    const { one, other } = nodes
    const link = signed('long', 'streams.1.sub.u42')
    const stream = await one.begin(link, 1)
    expect(await codeOf(other, link, 2, RANGE)).toBe('206')
    await eventually(() => one.links.streams().length === 0, 'the stream of the other node ends')
    await cutOff(stream)
    expect(await codeOf(one, link, 1)).toBe('TOO_MANY_STREAMS')
  })

  it('end a stream of the other that is revoked', async () => {
    await using nodes = await startNodes(farState())
    const { one, other } = nodes
    const link = signed('long', 'jti.a')
    const stream = await other.begin(link)
    await one.links.revoke({ linkId: 'a' })
    await eventually(() => other.links.streams().length === 0, 'the stream of the other node ends')
    await cutOff(stream)
  })

  it('publish who listens', async () => {
    const state = farState()
    await using nodes = await startNodes(state)
    const { one } = nodes
    const stream = await one.begin(signed('long', 'jti.a.sub.u42'))
    const texts = await eventually(async () => {
      const published = await state.streams?.read()
      return published !== undefined && published.length > 0 && published
    }, 'the stream is published')
    expect(JSON.parse(texts[0] ?? '')).toMatchObject({ track: 'long', listener: 'u42', linkId: 'a' })
    stream.destroy()
  })

  it('go on without the state as far as that is safe, and share again what was missed', async () => {
    const state = farState()
    await using nodes = await startNodes(state)
    const { one, other } = nodes
    const session = signed('track1', `iat.${NOW}.jti.s.ses.600`)
    const uses = signed('track1', 'jti.u.uses.2')
    expect(await codeOf(one, uses, 1, RANGE)).toBe('206')
    state.isAway = true
    expect(await codeOf(one, uses, 1, RANGE)).toBe('206')
    expect(await codeOf(one, uses, 2, RANGE)).toBe('STATE_UNAVAILABLE')
    expect(await codeOf(one, signed('track1', `iat.${NOW}`), 3, RANGE)).toBe('206')
    expect(await codeOf(one, session, 4, RANGE)).toBe('206')
    const places = signed('track1', 'streams.1.sub.u42')
    expect(await codeOf(one, places, 1, RANGE)).toBe('206')
    expect(await codeOf(one, places, 2)).toBe('TOO_MANY_STREAMS')
    await expect(one.links.revoke({ listener: 'u43' })).rejects.toThrow()
    expect(await codeOf(one, signed('track1', 'sub.u43'))).toBe('LINK_REVOKED')

    one.time = other.time = NOW + 61
    expect(await codeOf(one, session, 4, RANGE)).toBe('206')
    expect(await codeOf(other, session, 4)).toBe('STATE_UNAVAILABLE')
    state.isAway = false
    const later = signed('track1', 'sub.u43', NOW + 120)
    await eventually(async () => (await codeOf(other, later)) === 'LINK_REVOKED', 'the other node knows')
    await eventually(async () => (await codeOf(other, session, 4, RANGE)) === '206', 'the session is shared')
  })

  it('refuse all links until they know what is revoked', async () => {
    const state = farState()
    state.isAway = true
    await using node = await startListening({ state })
    const link = signed('track1', `iat.${NOW}`)
    expect(await codeOf(node, link)).toBe('STATE_UNAVAILABLE')
    state.isAway = false
    await eventually(async () => (await codeOf(node, link)) === '200', 'the list was read')
  })
})
