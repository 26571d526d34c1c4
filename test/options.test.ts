import { AUDIO_EXTENSIONS } from '../src/http/media-type'
import { rangeStream } from '../src/middleware/range-stream'
import { isRecord, listOf, oneOf, rules, type OptionRule } from '../src/option-rules'
import {
  group,
  isOptionError,
  optional,
  orFalse,
  readOptions,
  required,
  withDefault,
  type SettingsOf,
} from '../src/options'

const readers = {
  colour: withDefault(oneOf('red', 'blue'), 'blue'),
  wait: optional(rules.milliseconds),
  now: optional<() => number>({
    accepts: (value): value is () => number => typeof value === 'function',
    expected: 'a function',
  }),
}

function read(options: unknown): SettingsOf<typeof readers> {
  return readOptions('makeThing', options, readers)
}

describe('readOptions', () => {
  it('gives back what is known and right', () => {
    function now(): number {
      return 0
    }
    expect(read({ colour: 'red', wait: 5, now })).toEqual({ colour: 'red', wait: 5, now })
  })

  it('fills in defaults, also for undefined', () => {
    expect(read({})).toEqual({ colour: 'blue', wait: undefined, now: undefined })
    expect(read({ colour: undefined }).colour).toBe('blue')
  })

  it('names a required option that is missing', () => {
    const options = { colour: required(oneOf('red', 'blue')) }
    expect(readOptions('makeThing', { colour: 'red' }, options).colour).toBe('red')
    expect(() => readOptions('makeThing', {}, options)).toThrow('Cannot make makeThing: colour is missing')
  })

  it('names the option and the problem as fields of the error', () => {
    let fault: unknown
    try {
      read({ colour: 'green' })
    } catch (error) {
      fault = error
    }
    expect(isOptionError(fault)).toBe(true)
    expect(fault).toMatchObject({ option: 'colour', problem: 'must be "red" or "blue", got "green"' })
    expect(isOptionError(new TypeError('another'))).toBe(false)
  })

  it('gives a frozen copy, which later changes of the original do not reach', () => {
    const options = { wait: 5 }
    const settings = read(options)
    options.wait = 6
    expect(settings.wait).toBe(5)
    expect(Object.isFrozen(settings)).toBe(true)
    expect(Object.isFrozen(options)).toBe(false)
  })

  it('uses the very value that it checked', () => {
    let reads = 0
    const options = {
      get wait() {
        return reads++ === 0 ? 5 : -1
      },
    }
    expect(read(options).wait).toBe(5)
  })

  it('names an unknown option, and those it knows', () => {
    expect(() => read({ color: 'red' })).toThrow(TypeError)
    expect(() => read({ color: 'red' })).toThrow(
      'Cannot make makeThing: unknown option "color", known are colour, wait, now',
    )
  })

  it('names an unknown option though it is undefined', () => {
    expect(() => read({ color: undefined })).toThrow('unknown option "color"')
  })

  it.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty'])(
    'knows no option %s, which every object has',
    name => {
      expect(() => read(JSON.parse(`{ "${name}": 1 }`))).toThrow(`unknown option "${name}"`)
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
    expect(() => read(options)).toThrow(TypeError)
    expect(() => read(options)).toThrow(`Cannot make makeThing: ${message}`)
  })

  it.each([
    ['undefined', undefined, 'undefined'],
    ['null', null, 'null'],
    ['a text', 'audio', '"audio"'],
    ['a list', [], 'an array'],
    ['a function', () => 0, 'a value of type function'],
  ])('refuses %s in place of an object', (_what, options, shown) => {
    expect(() => read(options)).toThrow(TypeError)
    expect(() => read(options)).toThrow(`Cannot make makeThing: options must be an object, got ${shown}`)
  })
})

describe('group', () => {
  const options = {
    size: orFalse(
      group(
        { width: withDefault(rules.count, 1), height: withDefault(rules.count, 2) },
        'false, or an object',
      ),
    ),
  }

  function readSize(size: unknown): unknown {
    return readOptions('makeThing', { size }, options).size
  }

  it.each([
    [undefined, { width: 1, height: 2 }],
    [{}, { width: 1, height: 2 }],
    [
      { height: 5, width: undefined },
      { width: 1, height: 5 },
    ],
    [false, false],
  ])('reads %j as %j', (given, size) => {
    expect(readSize(given)).toEqual(size)
  })

  it.each([
    [true, 'size must be false, or an object, got true'],
    [null, 'size must be false, or an object, got null'],
    [[1], 'size must be false, or an object, got an array'],
    [{ depth: 1 }, 'size must be false, or an object, got the unknown field "depth"'],
    [{ width: -1 }, 'size.width must be a whole number, 0 or more, got -1'],
  ])('names what is wrong with %j', (given, problem) => {
    expect(() => readSize(given)).toThrow(`Cannot make makeThing: ${problem}`)
  })
})

describe('listOf', () => {
  const colour: OptionRule<string> = {
    accepts: (value): value is string => value === 'red' || value === 'blue',
    expected: 'a colour',
    explain: value => (value === 'Red' ? '"Red" (write it in lower case)' : undefined),
  }
  const list = listOf(colour, 'a list of red and blue')

  it.each([[['red']], [['blue', 'red', 'red']]])('takes %j', value => {
    expect(list.accepts(value)).toBe(true)
  })

  it.each([
    ['another element', ['red', 'green'], 'got "green", number 2 of the list'],
    ['an element with a remedy', ['Red'], 'got "Red" (write it in lower case), number 1 of the list'],
    ['an element that is nothing', ['red', undefined], 'got undefined, number 2 of the list'],
    ['a hole', Object.assign(['red'], { length: 2 }), 'got undefined, number 2 of the list'],
    ['a list in the list', [['red']], 'got an array, number 1 of the list'],
    ['no element', [], 'got an empty list'],
    ['an element alone', 'red', 'got "red"'],
    ['null', null, 'got null'],
  ])('names what is wrong with %s', (_what, colours, shown) => {
    expect(() => readOptions('makeThing', { colours }, { colours: optional(list) })).toThrow(
      `Cannot make makeThing: colours must be a list of red and blue, ${shown}`,
    )
  })
})

describe('the rule for extensions', () => {
  const known = AUDIO_EXTENSIONS.join(', ')

  it('takes them in lower and in upper case', () => {
    expect(() => rangeStream({ dir: '.', extensions: ['mp3', 'MP3', 'FLAC'] })).not.toThrow()
  })

  it.each([
    ['a dot', ['mp3', '.m4a'], 'got ".m4a" (write "m4a" or "M4A", without a dot), number 2 of the list'],
    ['a pattern', ['*.flac'], 'got "*.flac" (write "flac" or "FLAC", without a dot), number 1 of the list'],
    [
      'an extension in both cases',
      ['Mp3'],
      'got "Mp3" (write "mp3" or "MP3", without a dot), number 1 of the list',
    ],
    ['an extension that is not served', ['mp3', 'txt'], 'got "txt", number 2 of the list'],
    ['no extension', [], 'got an empty list'],
    ['an extension alone', 'mp3', 'got "mp3"'],
    ['a number', [3], 'got 3, number 1 of the list'],
  ])('says what is wrong with %s', (_what, extensions, shown) => {
    expect(() => rangeStream({ dir: '.', extensions } as never)).toThrow(
      `Cannot make rangeStream: extensions must be a list of some of ${known}, ${shown}`,
    )
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
