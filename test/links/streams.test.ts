import { once } from 'node:events'
import { eventually } from '../support/eventually'
import { codeOf, cookieOf, cutOff, NOW, signed, startListening } from './listening'

const LINK = signed('long', `iat.${NOW}.streams.1.sub.u42`)
const RANGE = { Range: 'bytes=0-9' }

describe('a listener with a limit of streams', () => {
  it('is refused at a second place, with the time to try again', async () => {
    await using listening = await startListening()
    const first = await listening.begin(LINK, 1)
    const second = await listening.get(LINK, 2, RANGE)
    expect([second.status, second.headers['retry-after']]).toEqual([429, '15'])
    const other = signed('track1', `iat.${NOW}.streams.1.sub.u42`)
    expect(await codeOf(listening, other, 2)).toBe('TOO_MANY_STREAMS')
    first.destroy()
  })

  it('opens as many connections as the player likes, and seeks', async () => {
    await using listening = await startListening()
    const first = await listening.begin(LINK, 1)
    const answers = await Promise.all(Array.from({ length: 20 }, () => listening.get(LINK, 1, RANGE)))
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 20 }, () => 206))
    first.destroy()
  })

  it('keeps the place after a change of network', async () => {
    await using listening = await startListening()
    const Cookie = cookieOf(await listening.get(LINK, 1, RANGE))
    expect(await codeOf(listening, LINK, 2, { Cookie, ...RANGE })).toBe('206')
    expect(await codeOf(listening, LINK, 3)).toBe('TOO_MANY_STREAMS')
  })

  it('is not limited by others, and a link without a listener counts for itself', async () => {
    await using listening = await startListening()
    await listening.get(LINK, 1, RANGE)
    expect(await codeOf(listening, signed('track1', 'streams.1.sub.u43'), 2, RANGE)).toBe('206')
    const alone = signed('track1', 'jti.a.streams.1')
    expect(await codeOf(listening, alone, 3, RANGE)).toBe('206')
    expect(await codeOf(listening, alone, 4)).toBe('TOO_MANY_STREAMS')
    expect(await codeOf(listening, signed('track1', 'jti.b.streams.1'), 4, RANGE)).toBe('206')
  })

  it('takes over from the other place if the app wants that, which then does not come back by itself', async () => {
    await using listening = await startListening({ onLimit: 'endOldest' })
    const first = await listening.begin(LINK, 1)
    expect((await listening.get(LINK, 2, RANGE)).status).toBe(206)
    await cutOff(first)
    expect(await codeOf(listening, LINK, 1)).toBe('TOO_MANY_STREAMS')
    expect(await codeOf(listening, LINK, 2, RANGE)).toBe('206')
  })
})

describe('streams()', () => {
  it('lists who listens, until the end', async () => {
    await using listening = await startListening()
    const { links } = listening
    const first = await listening.begin(signed('long', `jti.a.sub.u42`), 7)
    expect(links.streams()).toEqual([
      {
        id: expect.any(String) as string,
        track: 'long',
        linkId: 'a',
        listener: 'u42',
        clientIp: '127.0.0.7',
        requestId: undefined,
        range: undefined,
        startedAt: expect.any(Number) as number,
        bytesSent: expect.any(Number) as number,
      },
    ])
    const closed = once(first, 'close')
    first.destroy()
    await closed
    await eventually(() => links.streams().length === 0, 'the stream is listed no more')
  })

  it('names a stream that end() disconnects', async () => {
    await using listening = await startListening()
    const { links } = listening
    const first = await listening.begin(LINK, 1)
    const [stream] = links.streams()
    expect(links.end(stream ?? '')).toBe(true)
    await cutOff(first)
    expect(links.streams()).toEqual([])
    expect(links.end(stream ?? '')).toBe(false)
    expect(await codeOf(listening, LINK, 1, RANGE)).toBe('206')
  })
})
