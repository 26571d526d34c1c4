import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { once } from 'node:events'
import { STREAM_CHANNELS } from 'express-signed-stream'
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
  it.each([
    ['request', 'ECONNRESET'],
    // Nothing is written yet, so a refusal can be.
    ['read', 403],
  ] as const)('lists a stream from memory for subscribers of %s, who may end it', async (name, result) => {
    await using listening = await startListening()
    const { links } = listening
    const link = signed('long', 'jti.memory')
    for (let turn = 0; turn < 3; turn++) expect((await listening.get(link, 1, RANGE)).status).toBe(206)
    const seen: string[] = []
    function onRequest(): void {
      for (const stream of links.streams()) {
        seen.push(stream.linkId)
        links.end(stream)
      }
    }
    subscribe(STREAM_CHANNELS[name], onRequest)
    const answer = await listening.get(link, 1, RANGE).catch((error: unknown) => error)
    expect(answer).toMatchObject(typeof result === 'number' ? { status: result } : { code: result })
    unsubscribe(STREAM_CHANNELS[name], onRequest)
    expect(seen).toEqual(['memory'])
    expect(links.streams()).toEqual([])
  })

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

  it('says when a stream began by the clock as it is, however it was set since the process began', async () => {
    await using listening = await startListening()
    const clock = jest.spyOn(Date, 'now')
    try {
      const before = 1_800_000_000_000
      clock.mockReturnValue(before + 500)
      const first = await listening.begin(LINK, 1)
      clock.mockReturnValue(before + 90_000)
      const [stream] = listening.links.streams()
      expect(stream?.startedAt).toBeLessThanOrEqual(before + 500)
      expect(stream?.startedAt).toBeGreaterThan(before - 60_000)
      first.destroy()
    } finally {
      clock.mockRestore()
    }
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
