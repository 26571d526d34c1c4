import { ClockError, readClock, type Clock } from '../src/clock'

const NOW = 1_609_459_200

/** Values that a JavaScript app might give as its clock. */
function clockOf(value: unknown): Clock {
  return (() => value) as Clock
}

function errorOf(action: () => unknown): unknown {
  try {
    action()
  } catch (error) {
    return error
  }
  return undefined
}

const NO_TIMES: readonly (readonly [what: string, value: unknown, shown: string])[] = [
  ['NaN', NaN, 'NaN'],
  ['Infinity', Infinity, 'Infinity'],
  ['minus Infinity', -Infinity, '-Infinity'],
  ['undefined', undefined, 'undefined'],
  ['null', null, 'null'],
  ['a text', '1609459200', 'a value of type string'],
  ['a Date', new Date(0), 'a value of type object'],
  ['a BigInt', 1_609_459_200n, 'a value of type bigint'],
  ['a promise', Promise.resolve(NOW), 'a promise'],
  ['milliseconds', NOW * 1000, '1609459200000; are these milliseconds?'],
]

describe('readClock', () => {
  it.each([
    [1_609_459_200_000, 1_609_459_200],
    [1_609_459_200_999, 1_609_459_200],
    [1_609_459_201_000, 1_609_459_201],
  ])('at %i ms of the system returns %i, the second that has begun', (milliseconds, seconds) => {
    const now = jest.spyOn(Date, 'now').mockReturnValue(milliseconds)
    expect(readClock(undefined, 'makeThing', 'now')()).toBe(seconds)
    now.mockRestore()
  })

  it('takes a clock with fractions, as Date.now() / 1000 has them', () => {
    expect(readClock(() => 12.9, 'makeThing', 'now')()).toBe(12)
  })

  it.each([0, -1, NOW, 1e11])('takes %i for a time', seconds => {
    expect(readClock(() => seconds, 'makeThing', 'now')()).toBe(seconds)
  })

  it('calls the clock once when it is made, and once for each use', () => {
    const now = jest.fn(() => NOW)
    const clock = readClock(now, 'makeThing', 'now')
    expect(now).toHaveBeenCalledTimes(1)
    clock()
    expect(now).toHaveBeenCalledTimes(2)
  })

  it.each(NO_TIMES)('rejects a clock that returns %s when it is made', (_what, value, shown) => {
    expect(() => readClock(clockOf(value), 'makeThing', 'now')).toThrow(TypeError)
    expect(() => readClock(clockOf(value), 'makeThing', 'now')).toThrow(
      `Cannot make makeThing: now must return seconds since the epoch, got ${shown}`,
    )
  })

  it.each(NO_TIMES)('throws when a clock that worked returns %s', (_what, value, shown) => {
    let current: unknown = NOW
    const clock = readClock(() => current, 'makeThing', 'now')
    current = value
    expect(clock).toThrow(ClockError)
    expect(clock).toThrow(`now must return seconds since the epoch, got ${shown}`)
    current = NOW + 1
    expect(clock()).toBe(NOW + 1)
  })

  it('keeps what the clock threw as the cause', () => {
    const cause = new Error('no time server')
    let isBroken = false
    function now(): number {
      if (isBroken) throw cause
      return NOW
    }
    const clock = readClock(now, 'makeThing', 'now')
    isBroken = true
    expect(errorOf(clock)).toMatchObject({ name: 'ClockError', cause })
    expect(errorOf(() => readClock(now, 'makeThing', 'now'))).toMatchObject({ name: 'TypeError', cause })
    expect(() => readClock(now, 'makeThing', 'now')).toThrow(
      'Cannot make makeThing: now must return seconds since the epoch, but it threw',
    )
  })

  it('leaves no rejection unhandled when the clock is an async function that fails', async () => {
    const unhandled = jest.fn()
    process.on('unhandledRejection', unhandled)
    const failing = (() => Promise.reject(new Error('no time server'))) as unknown as Clock
    expect(() => readClock(failing, 'makeThing', 'now')).toThrow('got a promise')
    await new Promise(setImmediate)
    process.off('unhandledRejection', unhandled)
    expect(unhandled).not.toHaveBeenCalled()
  })
})
