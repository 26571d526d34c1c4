import { codeOf, cookieOf, NOW, signed, startListening } from './listening'

const LINK = signed('track1', 'jti.a.uses.2')
const RANGE = { Range: 'bytes=0-9' }

describe('a link that limits its listeners', () => {
  it('lets exactly as many begin, however many come at once', async () => {
    await using listening = await startListening()
    const hosts = Array.from({ length: 40 }, (_, index) => index + 1)
    const answers = await Promise.all(hosts.map(host => listening.get(LINK, host, RANGE)))
    expect(answers.filter(({ status }) => status === 206)).toHaveLength(2)
    expect(answers.filter(({ status }) => status === 403)).toHaveLength(38)
    expect(await codeOf(listening, LINK, 41)).toBe('LINK_USED_UP')
  })

  it('lets who has begun play again, seek, and move to another address', async () => {
    await using listening = await startListening()
    const Cookie = cookieOf(await listening.get(LINK, 1, RANGE))
    await listening.get(LINK, 2, RANGE)
    expect(await codeOf(listening, LINK, 1, { Range: 'bytes=100-' })).toBe('206')
    expect(await codeOf(listening, LINK, 3, { Cookie, ...RANGE })).toBe('206')
    expect(await codeOf(listening, LINK, 4)).toBe('LINK_USED_UP')
  })

  it('counts no look at the track', async () => {
    await using listening = await startListening()
    for (const host of [1, 2, 3]) {
      await listening.get(LINK, host, {}, 'HEAD')
      await listening.get(LINK, host, { Range: 'bytes=999999-' })
    }
    expect(await codeOf(listening, LINK, 4, RANGE)).toBe('206')
    expect((await listening.get(LINK, 5, RANGE)).status).toBe(206)
    expect((await listening.get(LINK, 6, {}, 'HEAD')).status).toBe(200)
  })

  it('counts a prefetch, which takes bytes as any request does', async () => {
    await using listening = await startListening()
    const once = signed('track1', 'jti.b.uses.1')
    await listening.get(once, 1, { 'Sec-Purpose': 'prefetch', ...RANGE })
    expect(await codeOf(listening, once, 2, { 'Sec-Purpose': 'prefetch' })).toBe('LINK_USED_UP')
  })

  it('counts by its name, so that a link that is signed again shares its uses', async () => {
    await using listening = await startListening()
    await listening.get(LINK, 1, RANGE)
    await listening.get(LINK, 2, RANGE)
    expect(await codeOf(listening, signed('track1', 'jti.a.uses.2', NOW + 99), 3)).toBe('LINK_USED_UP')
  })
})
