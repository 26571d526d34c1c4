import { isRecord, judgeOptions, oneOf, rules } from '../src/options'

interface Options {
  readonly colour?: string | undefined
  readonly wait?: number | undefined
  readonly now?: (() => number) | undefined
}

function judge(options: unknown): Readonly<Partial<Options>> {
  return judgeOptions<Options>('makeThing', options, {
    colour: oneOf('red', 'blue'),
    wait: rules.milliseconds,
    now: rules.function,
  })
}

describe('judgeOptions', () => {
  it('gives back what is known and right', () => {
    function now(): number {
      return 0
    }
    expect(judge({ colour: 'red', wait: 5, now })).toEqual({ colour: 'red', wait: 5, now })
    expect(judge({})).toEqual({})
  })

  it('takes undefined for absent', () => {
    expect(judge({ colour: undefined, wait: undefined }).wait).toBeUndefined()
  })

  it('gives a frozen copy, which later changes of the original do not reach', () => {
    const options = { wait: 5 }
    const settings = judge(options)
    options.wait = 6
    expect(settings.wait).toBe(5)
    expect(Object.isFrozen(settings)).toBe(true)
    expect(Object.isFrozen(options)).toBe(false)
  })

  it('names an unknown option, and those it knows', () => {
    expect(() => judge({ color: 'red' })).toThrow(TypeError)
    expect(() => judge({ color: 'red' })).toThrow(
      'Cannot make makeThing: unknown option "color", known are colour, wait, now',
    )
  })

  it('names an unknown option though it is undefined', () => {
    expect(() => judge({ color: undefined })).toThrow('unknown option "color"')
  })

  it.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty'])(
    'knows no option %s, which every object has',
    name => {
      expect(() => judge(JSON.parse(`{ "${name}": 1 }`))).toThrow(`unknown option "${name}"`)
    },
  )

  it.each([
    ['another word', { colour: 'green' }, 'colour must be "red" or "blue", got "green"'],
    ['a number', { colour: 1 }, 'colour must be "red" or "blue", got 1'],
    ['null', { colour: null }, 'colour must be "red" or "blue", got null'],
    ['a list', { colour: ['red'] }, 'colour must be "red" or "blue", got an array'],
    ['an object', { colour: {} }, 'colour must be "red" or "blue", got a value of type object'],
    ['a symbol', { colour: Symbol('red') }, 'colour must be "red" or "blue", got a value of type symbol'],
    ['a long text', { colour: 'x'.repeat(65) }, 'colour must be "red" or "blue", got a long string'],
    ['no function', { now: 5 }, 'now must be a function, got 5'],
    ['true', { wait: true }, 'wait must be a whole number of milliseconds, 0 or more, got true'],
    ['a number as text', { wait: '5' }, 'wait must be a whole number of milliseconds, 0 or more, got "5"'],
  ])('says what is wrong with %s', (_what, options, message) => {
    expect(() => judge(options)).toThrow(TypeError)
    expect(() => judge(options)).toThrow(`Cannot make makeThing: ${message}`)
  })

  it.each([
    ['undefined', undefined, 'undefined'],
    ['null', null, 'null'],
    ['a text', 'audio', '"audio"'],
    ['a list', [], 'an array'],
    ['a function', () => 0, 'a value of type function'],
  ])('refuses %s in place of an object', (_what, options, shown) => {
    expect(() => judge(options)).toThrow(TypeError)
    expect(() => judge(options)).toThrow(`Cannot make makeThing: options must be an object, got ${shown}`)
  })
})

describe('rules', () => {
  it.each([0, 1, 3600, Number.MAX_SAFE_INTEGER])('take %p for seconds and for milliseconds', value => {
    expect(rules.seconds.accepts(value)).toBe(true)
    expect(rules.milliseconds.accepts(value)).toBe(true)
  })

  it.each([-1, 0.5, NaN, Infinity, 2 ** 53, '1', null, undefined, 1n])(
    'take %p neither for seconds nor for milliseconds',
    value => {
      expect(rules.seconds.accepts(value)).toBe(false)
      expect(rules.milliseconds.accepts(value)).toBe(false)
    },
  )

  it('name the unit', () => {
    expect(rules.seconds.expected).toContain('seconds')
    expect(rules.milliseconds.expected).toContain('milliseconds')
  })

  it('take any function for one', () => {
    expect(rules.function.accepts(() => 0)).toBe(true)
    expect(rules.function.accepts(Date.now)).toBe(true)
    expect(rules.function.accepts({})).toBe(false)
  })
})

describe('isRecord', () => {
  it.each([
    ['an object', {}, true],
    ['an object without prototype', Object.create(null), true],
    ['null', null, false],
    ['a list', [], false],
    ['a text', 'x', false],
    ['a function', () => 0, false],
    ['undefined', undefined, false],
  ])('of %s is decided', (_what, value: unknown, expected) => {
    expect(isRecord(value)).toBe(expected)
  })
})
