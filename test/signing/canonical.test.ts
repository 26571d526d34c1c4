import { createSecretKey } from 'node:crypto'
import { computeMac } from '../../src/signing/canonical'

const KEY = createSecretKey('0123456789abcdef0123456789abcdef', 'utf8')

function macOf(id: string, expires: number): string {
  return computeMac(KEY, id, expires).toString('hex')
}

describe('computeMac', () => {
  it('gives the bytes that openssl gives for track1|1609459200', () => {
    expect(macOf('track1', 1_609_459_200)).toBe(
      '48b8dbc12a7422917d6016e43d021bd26f40a0cceea290481f5b9a714716719d',
    )
  })

  it('differs if a digit moves from the expiry to the id', () => {
    expect(macOf('track11', 609_459_200)).not.toBe(macOf('track1', 1_609_459_200))
  })

  it('differs by the case of the id, and by its Unicode form', () => {
    expect(macOf('Track1', 1_609_459_200)).not.toBe(macOf('track1', 1_609_459_200))
    expect(macOf('\u00e9', 1_609_459_200)).not.toBe(macOf('e\u0301', 1_609_459_200))
  })

  it('differs by the key', () => {
    const other = createSecretKey('0123456789abcdef0123456789abcdeF', 'utf8')
    expect(computeMac(other, 'track1', 1_609_459_200).toString('hex')).not.toBe(
      macOf('track1', 1_609_459_200),
    )
  })
})
