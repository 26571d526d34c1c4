/** Until when a link says that it plays: the client module renews by it. */
import { createLinks } from 'express-signed-stream'

const NOW = 1_800_000_000
const HOUR = 3600

function playUntil(
  playFor: string | undefined,
  sessions: Parameters<typeof createLinks>[0]['sessions'] = {},
) {
  const links = createLinks({ secret: 'a'.repeat(32), now: () => NOW, sessions })
  const link = links.createLink('track1', { expiresIn: 300, playFor })
  expect(links.describe(link.url)?.playUntil).toBe(link.playUntil)
  return link.playUntil - link.expires
}

describe('playUntil of a new link', () => {
  it('is its expiry if nobody may continue', () => {
    expect(playUntil(undefined)).toBe(0)
  })

  it('is as long after its expiry as a listener may continue', () => {
    expect(playUntil('4h')).toBe(4 * HOUR)
  })

  it('is no later than the longest session', () => {
    expect(playUntil('4h', { max: HOUR })).toBe(HOUR)
  })

  it('is by the length for links without a term', () => {
    expect(playUntil(undefined, { withoutTerm: 2 * HOUR })).toBe(2 * HOUR)
    expect(playUntil('1h', { withoutTerm: 2 * HOUR })).toBe(HOUR)
  })
})
