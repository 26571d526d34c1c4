import { codeOf, cookieOf, NOW, signed, startListening } from './listening'

/** May be begun for a minute, and played for an hour after that. */
const LINK = signed('track1', `iat.${NOW}.ses.3600`)
const RANGE = { Range: 'bytes=0-9' }

describe('a session', () => {
  it('lets a listener who began in time go on until its end', async () => {
    await using listening = await startListening()
    expect((await listening.get(LINK, 1, RANGE)).status).toBe(206)
    listening.time = NOW + 60 + 3600
    expect((await listening.get(LINK, 1, { Range: 'bytes=200000-' })).status).toBe(206)
    listening.time += 1
    expect(await codeOf(listening, LINK)).toBe('SIGNATURE_EXPIRED')
  })

  it('is nothing for a listener who comes after the expiry, or for a link that does not have it', async () => {
    await using listening = await startListening()
    const plain = signed('track1', `iat.${NOW}`)
    await listening.get(LINK, 1)
    await listening.get(plain, 1)
    listening.time = NOW + 61
    expect(await codeOf(listening, LINK, 2)).toBe('SIGNATURE_EXPIRED')
    expect(await codeOf(listening, plain, 1)).toBe('SIGNATURE_EXPIRED')
  })

  it('follows the cookie to another address, and notes it', async () => {
    await using listening = await startListening()
    const Cookie = cookieOf(await listening.get(LINK, 1, RANGE))
    listening.time = NOW + 61
    expect(await codeOf(listening, LINK, 2, { Cookie, ...RANGE })).toBe('206')
    expect(await codeOf(listening, LINK, 2, RANGE)).toBe('206')
    expect(await codeOf(listening, LINK, 3, RANGE)).toBe('SIGNATURE_EXPIRED')
  })

  it('follows the id of a player to another address', async () => {
    await using listening = await startListening()
    const player = { 'X-Playback-Session-Id': '6D3A6B4E-0B52-4B0C-9B12-0F6A5E7A1F11', ...RANGE }
    await listening.get(LINK, 1, player)
    listening.time = NOW + 61
    expect(await codeOf(listening, LINK, 2, player)).toBe('206')
    expect(await codeOf(listening, LINK, 3, { ...player, 'X-Playback-Session-Id': 'another-one' })).toBe(
      'SIGNATURE_EXPIRED',
    )
  })

  it.each<[string, Record<string, string>, string, number]>([
    ['HEAD', {}, 'HEAD', 200],
    ['a 304', { 'If-None-Match': '*' }, 'GET', 304],
    ['a 412', { 'If-Match': '"none"' }, 'GET', 412],
    ['a 416', { Range: 'bytes=999999-' }, 'GET', 416],
  ])('is not begun by %s', async (_what, headers, method, status) => {
    await using listening = await startListening()
    expect((await listening.get(LINK, 1, headers, method)).status).toBe(status)
    listening.time = NOW + 61
    expect(await codeOf(listening, LINK)).toBe('SIGNATURE_EXPIRED')
  })

  it('is begun by a prefetch, whose bytes are bytes', async () => {
    await using listening = await startListening()
    await listening.get(LINK, 1, { 'Sec-Purpose': 'prefetch' })
    listening.time = NOW + 61
    expect(await codeOf(listening, LINK, 1, RANGE)).toBe('206')
  })

  it('answers conditions after the expiry, and lets a copy be kept until its end', async () => {
    await using listening = await startListening()
    const { headers } = await listening.get(LINK, 1)
    listening.time = NOW + 60 + 3590
    const later = await listening.get(LINK, 1, { 'If-None-Match': String(headers.etag) })
    expect([later.status, later.headers['cache-control']]).toEqual([304, 'private, no-transform, max-age=10'])
  })

  it('takes no cookie of another link, and none that was made up', async () => {
    await using listening = await startListening({ sessions: { address: false } })
    const other = signed('track1', `iat.${NOW}.jti.other.ses.3600`)
    const Cookie = cookieOf(await listening.get(other, 1))
    await listening.get(LINK, 1)
    listening.time = NOW + 61
    expect(await codeOf(listening, other, 1, { Cookie, ...RANGE })).toBe('206')
    expect(await codeOf(listening, LINK, 1, { Cookie })).toBe('SIGNATURE_EXPIRED')
    expect(await codeOf(listening, other, 1, { Cookie: `${Cookie.slice(0, -3)}AAA` })).toBe(
      'SIGNATURE_EXPIRED',
    )
  })

  it('distinguishes clients of one address if the app does', async () => {
    await using listening = await startListening({ sessions: { address: false } })
    expect(cookieOf(await listening.get(LINK, 1, RANGE))).not.toBe(
      cookieOf(await listening.get(LINK, 1, RANGE)),
    )
  })

  it('does not go by the address if the app says so', async () => {
    await using listening = await startListening({ sessions: { address: false } })
    const Cookie = cookieOf(await listening.get(LINK, 1))
    listening.time = NOW + 61
    expect(await codeOf(listening, LINK, 1)).toBe('SIGNATURE_EXPIRED')
    expect(await codeOf(listening, LINK, 1, { Cookie, ...RANGE })).toBe('206')
  })

  it('is no longer than the server allows', async () => {
    await using listening = await startListening({ sessions: { max: 100 } })
    await listening.get(LINK, 1)
    listening.time = NOW + 160
    expect(await codeOf(listening, LINK, 1, RANGE)).toBe('206')
    listening.time = NOW + 161
    expect(await codeOf(listening, LINK)).toBe('SIGNATURE_EXPIRED')
  })

  it('belongs to plain links too, if the server gives them one', async () => {
    await using listening = await startListening({ sessions: { withoutTerm: 100 } })
    const plain = signed('track1', `iat.${NOW}`)
    await listening.get(plain, 1)
    listening.time = NOW + 100
    expect(await codeOf(listening, plain, 1, RANGE)).toBe('206')
    expect(await codeOf(listening, plain, 2)).toBe('SIGNATURE_EXPIRED')
  })
})

describe('the cookie of a session', () => {
  it('is bound to the track, and kept from scripts', async () => {
    await using listening = await startListening()
    const { headers } = await listening.get(LINK, 1)
    expect(headers['set-cookie']).toEqual([
      expect.stringMatching(
        /^ess=[\w-]{16}\.[\w-]{22}; Path=\/track1; Max-Age=3660; HttpOnly; SameSite=Lax$/,
      ) as string,
    ])
  })

  it('can be made for https if the host does not know of it', async () => {
    await using listening = await startListening({ sessions: { cookie: 'secure', cookiePath: '/media' } })
    const { headers } = await listening.get(LINK, 1)
    expect(headers['set-cookie']?.[0]).toMatch(
      /; Path=\/media\/track1; Max-Age=3660; HttpOnly; SameSite=None; Secure; Partitioned$/,
    )
  })

  it('is not sent again to who has it, nor with a response without a body', async () => {
    await using listening = await startListening()
    const first = await listening.get(LINK, 1)
    const again = await listening.get(LINK, 1, { Cookie: cookieOf(first) })
    const head = await listening.get(LINK, 2, {}, 'HEAD')
    expect([again.headers['set-cookie'], head.headers['set-cookie']]).toEqual([undefined, undefined])
  })

  it('covers all tracks of an album', async () => {
    await using listening = await startListening({ sessions: { address: false } })
    const query = signed('album1-a', 'pre.album1-.ses.3600', NOW + 60, '*').split('?')[1] ?? ''
    const first = await listening.get(`/album1-a?${query}`, 1)
    expect(first.headers['set-cookie']?.[0]).toContain('; Path=/; ')
    listening.time = NOW + 61
    expect(await codeOf(listening, `/album1-b?${query}`, 1, { Cookie: cookieOf(first), ...RANGE })).toBe(
      '206',
    )
  })

  it('is the same for a minute for a listener who never returns it', async () => {
    await using listening = await startListening()
    const first = cookieOf(await listening.get(LINK, 1, RANGE))
    listening.time = NOW + 59
    expect(cookieOf(await listening.get(LINK, 1, RANGE))).toBe(first)
    expect(cookieOf(await listening.get(LINK, 1, { ...RANGE, 'User-Agent': 'another' }))).not.toBe(first)
  })

  it('is another one for each listener', async () => {
    await using listening = await startListening()
    expect(cookieOf(await listening.get(LINK, 1))).not.toBe(cookieOf(await listening.get(LINK, 2)))
  })
})
