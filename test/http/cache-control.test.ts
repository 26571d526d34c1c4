import { formatCacheControl } from '../../src/http/cache-control'

describe('formatCacheControl', () => {
  it.each([
    ['the policy, if the link is valid longer', 7200, 'private, no-transform, max-age=3600'],
    ['the policy, if the link is valid as long', 3600, 'private, no-transform, max-age=3600'],
    ['the remaining lifetime of the link, if that is shorter', 3599, 'private, no-transform, max-age=3599'],
    ['1 in the second before the last', 1, 'private, no-transform, max-age=1'],
    ['0 in the last second', 0, 'private, no-transform, max-age=0'],
    ['0 within the clock tolerance', -5, 'private, no-transform, max-age=0'],
    ['the policy, if the route needs no signature', undefined, 'private, no-transform, max-age=3600'],
  ])('keeps a copy for %s', (_what, remaining, expected) => {
    expect(formatCacheControl({ visibility: 'private', maxAge: 3600 }, remaining)).toBe(expected)
  })

  it('bounds public copies by the link too', () => {
    expect(formatCacheControl({ visibility: 'public', maxAge: 3600 }, 60)).toBe(
      'public, no-transform, max-age=60',
    )
  })

  it('keeps nothing by a policy of 0 seconds', () => {
    expect(formatCacheControl({ visibility: 'private', maxAge: 0 }, 60)).toBe(
      'private, no-transform, max-age=0',
    )
  })
})
