import { once } from 'node:events'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { memoryState, STREAM_CHANNELS, type Links, type StreamCompletionEvent } from 'express-signed-stream'
import { eventually } from '../support/eventually'
import { codeOf, cutOff, NOW, signed, startListening } from './listening'

const RANGE = { Range: 'bytes=0-9' }

/** All that a link can be taken back by. */
const HANDLES = `iat.${NOW}.jti.a.kid.k1.sub.u42`
const NAMED = { secret: [{ keyId: 'k1', secret: '0123456789abcdef0123456789abcdef' }] }

describe('revoke()', () => {
  it.each<[string, Parameters<Links['revoke']>[0]]>([
    ['by its url', { link: signed('track1', HANDLES) }],
    ['by its name', { linkId: 'a' }],
    ['by its listener', { listener: 'u42' }],
    ['by its track', { track: 'track1' }],
    ['by its secret', { keyId: 'k1' }],
    ['by the time of signing', { before: NOW }],
  ])('takes a link back %s, before conditions and ranges are looked at', async (_how, target) => {
    await using listening = await startListening(NAMED)
    const link = signed('track1', HANDLES)
    const { headers } = await listening.get(link)
    await listening.links.revoke(target)
    expect(await codeOf(listening, link)).toBe('LINK_REVOKED')
    expect(await codeOf(listening, link, 1, { 'If-None-Match': String(headers.etag) })).toBe('LINK_REVOKED')
    expect(await codeOf(listening, link, 1, { Range: 'bytes=999999-' })).toBe('LINK_REVOKED')
  })

  it.each<[string, Parameters<Links['revoke']>[0]]>([
    ['another link', { link: signed('track1', `iat.${NOW}.jti.b`) }],
    ['another name', { linkId: 'b' }],
    ['another listener', { listener: 'u43' }],
    ['another track', { track: 'long' }],
    ['another secret', { keyId: 'k2' }],
    ['an earlier time of signing', { before: NOW - 1 }],
  ])('leaves a link alone that has not %s', async (_what, target) => {
    await using listening = await startListening(NAMED)
    await listening.links.revoke(target)
    expect(await codeOf(listening, signed('track1', HANDLES), 1, RANGE)).toBe('206')
  })

  it('takes back links that do not say when they were signed, whenever that was', async () => {
    await using listening = await startListening()
    await listening.links.revoke({ before: 1 })
    expect(await codeOf(listening, signed('track1', 'sub.u42'))).toBe('LINK_REVOKED')
    expect(await codeOf(listening, signed('track1', `iat.${NOW}.sub.u42`), 1, RANGE)).toBe('206')
  })

  it('lets a new link of the same listener work at once', async () => {
    await using listening = await startListening()
    const { links } = listening
    const old = links.signUrl('track1', { expiresIn: 60, listener: 'u42' })
    await links.revoke({ listener: 'u42' })
    const later = links.signUrl('track1', { expiresIn: 60, listener: 'u42' })
    expect([await codeOf(listening, old), await codeOf(listening, later, 1, RANGE)]).toEqual([
      'LINK_REVOKED',
      '206',
    ])
  })

  it('takes back a session after the expiry', async () => {
    await using listening = await startListening()
    const link = signed('track1', `iat.${NOW}.jti.a.ses.3600`)
    await listening.get(link, 1, RANGE)
    listening.time = NOW + 100
    expect(await codeOf(listening, link, 1, RANGE)).toBe('206')
    await listening.links.revoke({ linkId: 'a' })
    expect(await codeOf(listening, link, 1, RANGE)).toBe('LINK_REVOKED')
  })

  it('disconnects streams in progress at once, and reports them as revoked', async () => {
    await using listening = await startListening()
    const outcomes: string[] = []
    function note(event: unknown): void {
      outcomes.push((event as StreamCompletionEvent).outcome)
    }
    subscribe(STREAM_CHANNELS.completion, note)
    try {
      const mine = await listening.begin(signed('long', 'jti.a.sub.u42'))
      const other = await listening.begin(signed('long', 'jti.b.sub.u43'))
      expect(await listening.links.revoke({ listener: 'u42' }, { dryRun: true })).toEqual({ streams: 1 })
      expect(outcomes).toEqual([])
      expect(await listening.links.revoke({ listener: 'u42' })).toEqual({ streams: 1 })
      expect(outcomes).toEqual(['revoked'])
      await cutOff(mine)
      expect(listening.links.streams().map(({ linkId }) => linkId)).toEqual(['b'])
      const closed = once(other, 'close')
      other.destroy()
      await closed
    } finally {
      unsubscribe(STREAM_CHANNELS.completion, note)
    }
  })

  it('lets streams in progress go on if the app says so, and nobody begin', async () => {
    await using listening = await startListening()
    const link = signed('long', 'jti.a')
    const mine = await listening.begin(link)
    expect(await listening.links.revoke({ linkId: 'a' }, { endStreams: false })).toEqual({ streams: 0 })
    expect(await codeOf(listening, link)).toBe('LINK_REVOKED')
    expect(listening.links.streams()).toHaveLength(1)
    mine.destroy()
  })

  it('throws at the capacity, and forgets nothing', async () => {
    await using listening = await startListening({ maxRevocations: 2 })
    const { links } = listening
    await links.revoke({ listener: 'u1' })
    await links.revoke({ listener: 'u2' })
    await expect(links.revoke({ listener: 'u3' })).rejects.toThrow('Cannot revoke: the list holds 2 entries')
    expect(await codeOf(listening, signed('track1', 'sub.u1'))).toBe('LINK_REVOKED')
    await links.revoke({ listener: 'u1' })
  })

  it('forgets what can be valid no longer', async () => {
    await using listening = await startListening({ maxRevocations: 1, maxTtl: 60, sessions: { max: 0 } })
    await listening.links.revoke({ listener: 'u1' })
    listening.time = NOW + 1000
    await listening.links.revoke({ listener: 'u2' })
    expect(await codeOf(listening, signed('track1', 'sub.u2', NOW + 1010))).toBe('LINK_REVOKED')
  })

  const ONE_OF = 'Cannot revoke: give exactly one of link, linkId, listener, track, keyId, before, got'

  it.each<[string, unknown, string]>([
    ['nothing', undefined, `${ONE_OF} undefined`],
    ['a text in place of a target', 'u1', `${ONE_OF} "u1"`],
    ['an object without a target', { listener: undefined }, `${ONE_OF} none`],
    ['two targets', { listener: 'u1', track: 'track1' }, `${ONE_OF} listener and track`],
    ['a target that does not exist', { user: 'u1' }, `${ONE_OF} user`],
    ['a link that is not ours', { link: '/track1?expires=1&sig=2' }, 'Cannot revoke: link must be a link'],
    ['a listener that is not a text', { listener: 5 }, 'Cannot revoke: listener must be 1 to 64'],
    ['a listener whom no link can name', { listener: 'a@example.com' }, 'got "a@example.com"'],
    ['a track that no link can open', { track: 'Artist/Album' }, 'Cannot revoke: track must be 1 to 512'],
    ['the name that no link can have', { linkId: 'a b' }, 'Cannot revoke: linkId must be 1 to 32'],
    ['a secret that cannot have this name', { keyId: 'K' }, 'Cannot revoke: keyId must be 1 to 16'],
    ['a time that is none', { before: Number.NaN }, 'Cannot revoke: before must be seconds'],
  ])('rejects %s', async (_what, target, message) => {
    await using listening = await startListening()
    await expect(listening.links.revoke(target as { listener: string })).rejects.toThrow(message)
  })

  it('reaches other createLinks that share the state within 2 seconds', async () => {
    const state = memoryState()
    await using one = await startListening({ state })
    await using other = await startListening({ state })
    const link = signed('long', 'jti.a')
    const stream = await other.begin(link)
    const startedAt = performance.now()
    await one.links.revoke({ linkId: 'a' })
    await eventually(() => other.links.streams().length === 0, 'the stream of the other ends')
    expect(performance.now() - startedAt).toBeLessThan(2000)
    await cutOff(stream)
    expect(await codeOf(other, link)).toBe('LINK_REVOKED')
  })
})
