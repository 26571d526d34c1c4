import { PROTECTIVE_HEADERS } from '../../src/http/protective-headers'

describe('PROTECTIVE_HEADERS', () => {
  it('let any page play, and nothing sniff, refer, index or buffer', () => {
    expect(PROTECTIVE_HEADERS).toEqual({
      'X-Content-Type-Options': 'nosniff',
      'Cross-Origin-Resource-Policy': 'cross-origin',
      'Referrer-Policy': 'no-referrer',
      'X-Robots-Tag': 'none',
      'X-Accel-Buffering': 'no',
    })
  })

  it('cannot be changed by one response for the next', () => {
    expect(Object.isFrozen(PROTECTIVE_HEADERS)).toBe(true)
  })
})
