import { wholeSeconds } from '../../src/signing/clock'

describe('wholeSeconds', () => {
  it.each([
    [1_609_459_200_000, 1_609_459_200],
    [1_609_459_200_999, 1_609_459_200],
    [1_609_459_201_000, 1_609_459_201],
  ])('at %i ms says %i, the second that has begun', (milliseconds, seconds) => {
    const now = jest.spyOn(Date, 'now').mockReturnValue(milliseconds)
    expect(wholeSeconds()()).toBe(seconds)
    now.mockRestore()
  })

  it('takes a clock with fractions, as Date.now() / 1000 is', () => {
    expect(wholeSeconds(() => 12.9)()).toBe(12)
  })
})
