import { Buffer } from 'node:buffer'
import { readKeyring, type Secret } from '../../src/signing/keyring'

const GOOD = '0123456789abcdef0123456789abcdef'
const OTHER = 'fedcba9876543210fedcba9876543210'

function bytesOf(secret: Secret | readonly Secret[]): string[] {
  return readKeyring(secret, 'createSigner').map(({ key }) => key.export().toString('latin1'))
}

function errorOf(secret: unknown): Error {
  try {
    readKeyring(secret, 'createSigner')
  } catch (error) {
    return error as Error
  }
  throw new Error('Nothing was thrown')
}

describe('readKeyring', () => {
  const emitWarning = jest.spyOn(process, 'emitWarning').mockReturnValue(undefined)
  afterEach(() => {
    emitWarning.mockClear()
  })
  afterAll(() => {
    emitWarning.mockRestore()
  })

  it('takes one text', () => {
    expect(bytesOf(GOOD)).toEqual([GOOD])
  })

  it('takes a text as its UTF-8 bytes', () => {
    expect(bytesOf('é'.repeat(16))).toEqual(['\xc3\xa9'.repeat(16)])
  })

  it('takes bytes as they are', () => {
    expect(bytesOf(Uint8Array.from({ length: 32 }, () => 0xff))).toEqual(['\xff'.repeat(32)])
    expect(bytesOf(Buffer.from(GOOD))).toEqual([GOOD])
  })

  it('copies bytes, which later changes do not reach', () => {
    const secret = Buffer.from(GOOD)
    const [{ key }] = readKeyring(secret, 'createSigner')
    secret.fill(0)
    expect(key.export().toString()).toBe(GOOD)
  })

  it('takes only the bytes of a view', () => {
    expect(bytesOf(Buffer.from(`xx${GOOD}xx`).subarray(2, 34))).toEqual([GOOD])
  })

  it('keeps the order of a list', () => {
    expect(bytesOf([GOOD, OTHER])).toEqual([GOOD, OTHER])
    expect(bytesOf([Buffer.from(OTHER), GOOD])).toEqual([OTHER, GOOD])
  })

  it.each([
    ['undefined', undefined, ''],
    ['null', null, ''],
    ['an empty text', '', ''],
    ['a list of undefined', [undefined], ', number 1 of the list'],
    ['a list that ends with an empty text', [GOOD, ''], ', number 2 of the list'],
    ['a list with a hole', Object.assign([GOOD], { length: 2 }), ', number 2 of the list'],
  ])('refuses %s as missing', (_what, secret, place) => {
    const error = errorOf(secret)
    expect(error).toBeInstanceOf(TypeError)
    expect(error.message).toBe(
      `Cannot make createSigner: secret is missing${place}; is the environment variable set?`,
    )
  })

  it('refuses an empty list', () => {
    const error = errorOf([])
    expect(error).toBeInstanceOf(TypeError)
    expect(error.message).toBe('Cannot make createSigner: secret is an empty list')
  })

  it.each([
    ['a number', 1234567890123456, 'number'],
    ['true', true, 'boolean'],
    ['an object', { secret: GOOD }, 'object'],
    ['a list in a list', [[GOOD]], 'object, number 1 of the list'],
    ['an ArrayBuffer', new ArrayBuffer(32), 'object'],
    ['a function', () => GOOD, 'function'],
    ['a number in a list', [GOOD, 5], 'number, number 2 of the list'],
  ])('refuses %s', (_what, secret, type) => {
    const error = errorOf(secret)
    expect(error).toBeInstanceOf(TypeError)
    expect(error.message).toBe(
      `Cannot make createSigner: secret must be a string, bytes, or a list of them, got ${type}`,
    )
  })

  it.each([
    ['5 characters', 'abcde', 5],
    ['the text undefined', 'undefined', 9],
    ['15 characters', 'a'.repeat(15), 15],
    ['8 characters of 15 bytes', `${'é'.repeat(7)}a`, 15],
    ['15 bytes', new Uint8Array(15), 15],
    ['no bytes', new Uint8Array(0), 0],
    ['a good and a short one', [GOOD, 'abcde'], '5, number 2 of the list'],
  ])('refuses %s', (_what, secret, length) => {
    const error = errorOf(secret)
    expect(error).toBeInstanceOf(RangeError)
    expect(error.message).toBe(`Cannot make createSigner: secret must have at least 16 bytes, got ${length}`)
  })

  it.each([
    ['16 characters', 'a'.repeat(16), 16],
    ['8 characters of 16 bytes', 'é'.repeat(8), 16],
    ['31 bytes', new Uint8Array(31), 31],
  ])('takes %s with a warning', (_what, secret, length) => {
    readKeyring(secret, 'createSigner')
    expect(emitWarning).toHaveBeenCalledTimes(1)
    expect(emitWarning).toHaveBeenCalledWith(
      `createSigner: secret has ${length} bytes, 32 or more are advised`,
      { code: 'EXPRESS_SIGNED_STREAM_SHORT_SECRET' },
    )
  })

  it('warns of each short secret of a list', () => {
    readKeyring(['a'.repeat(16), GOOD, 'b'.repeat(20)], 'createSigner')
    expect(emitWarning.mock.calls.map(([warning]) => warning)).toEqual([
      'createSigner: secret has 16 bytes, number 1 of the list, 32 or more are advised',
      'createSigner: secret has 20 bytes, number 3 of the list, 32 or more are advised',
    ])
  })

  it('takes 32 bytes without a warning', () => {
    readKeyring([GOOD, new Uint8Array(32)], 'createSigner')
    expect(emitWarning).not.toHaveBeenCalled()
  })

  it('shows no secret in an error or a warning', () => {
    expect(errorOf('hunter2').message).not.toContain('hunter2')
    expect(errorOf([GOOD, 'hunter2']).message).not.toContain(GOOD)
    expect(errorOf({ toString: () => 'hunter2' }).message).not.toContain('hunter2')
    readKeyring('hunter2-hunter2-hunter2', 'createSigner')
    expect(JSON.stringify(emitWarning.mock.calls)).not.toContain('hunter2')
  })
})
