import type * as NodeCrypto from 'node:crypto'
import { createHmac } from 'node:crypto'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { splitTarget } from '../../src/http/request-target'
import { createLinkVerifier, type LinkVerifier, type Verdict } from '../../src/signing/link-verifier'
import { readOptions } from '../../src/options'
import { verifierOptions } from '../../src/signing/verifier'

const SECRET = '0123456789abcdef0123456789abcdef'
const NOW = 1_609_459_200
const EXPIRES = NOW + 3600
/** Bytes of the memory. */
const MEMORY = 1024 * 1024
/** More links than it holds. */
const MANY = 2048

function verifier(): LinkVerifier {
  const settings = readOptions('requireSignedUrl', { secret: SECRET, now: () => NOW }, verifierOptions)
  return createLinkVerifier(settings, MEMORY)
}

function sigOf(id: string, expires = EXPIRES): string {
  return createHmac('sha256', SECRET).update(`${id}|${expires}`).digest('hex')
}

function queryFor(id: string): string {
  return `expires=${EXPIRES}&sig=${sigOf(id)}`
}

describe('the memory of links', () => {
  const crypto = jest.requireActual<typeof NodeCrypto>('node:crypto')
  const compare = jest.spyOn(crypto, 'timingSafeEqual')
  beforeEach(() => compare.mockClear())
  afterAll(() => {
    compare.mockRestore()
  })

  /** Spellings of one link. */
  const SPELLINGS: readonly (readonly [string, (id: string) => string])[] = [
    ['as signed', queryFor],
    ['with a parameter more', id => `${queryFor(id)}&utm_source=a`],
    ['with 15 kB more', id => `${queryFor(id)}&x=${'y'.repeat(15_000)}`],
    ['in the other order', id => `sig=${sigOf(id)}&expires=${EXPIRES}`],
    ['with an encoded name', id => queryFor(id).replace('sig', '%73ig')],
    ['with an encoded digit', id => queryFor(id).replace('expires=1', 'expires=%31')],
  ]

  it.each(SPELLINGS)('computes the MAC of a link once, then of none that is written %s', (_what, spell) => {
    const verify = verifier()
    expect(verify('track1', queryFor('track1')).valid).toBe(true)
    expect(compare).toHaveBeenCalledTimes(1)
    expect(verify('track1', spell('track1')).valid).toBe(true)
    expect(compare).toHaveBeenCalledTimes(1)
  })

  it.each(SPELLINGS)('has a link from a request that writes it %s', (_what, spell) => {
    const verify = verifier()
    expect(verify('track1', spell('track1')).valid).toBe(true)
    expect(verify('track1', queryFor('track1')).valid).toBe(true)
    expect(compare).toHaveBeenCalledTimes(1)
  })

  it('makes no entry for what a client adds: no flood of it drives an honest link out', () => {
    const verify = verifier()
    verify('honest', queryFor('honest'))
    for (let index = 0; index < MANY; index++) verify('loud', `${queryFor('loud')}&n=${index}`)
    compare.mockClear()
    expect(verify('honest', queryFor('honest')).valid).toBe(true)
    expect(verify('loud', queryFor('loud')).valid).toBe(true)
    expect(compare).not.toHaveBeenCalled()
  })

  it('keeps forgeries apart: no flood of them drives an honest link out', () => {
    const verify = verifier()
    verify('honest', queryFor('honest'))
    for (let index = 0; index < MANY; index++) verify(`forged${index}`, queryFor('honest'))
    compare.mockClear()
    expect(verify('honest', queryFor('honest')).valid).toBe(true)
    expect(compare).not.toHaveBeenCalled()
  })

  it('has one entry for a forgery, however it is decorated', () => {
    const verify = verifier()
    const forged = `expires=${EXPIRES}&sig=${'0'.repeat(64)}`
    const other = `expires=${EXPIRES}&sig=${'1'.repeat(64)}`
    verify('track1', other)
    for (let index = 0; index < 100; index++) {
      expect(verify('track1', `${forged}&n=${index}`)).toMatchObject({ code: 'SIGNATURE_INVALID' })
    }
    expect(verify('track1', other)).toMatchObject({ code: 'SIGNATURE_INVALID' })
    expect(compare).toHaveBeenCalledTimes(2)
  })

  it('does not take a forgery of another id or expiry for the link', () => {
    const verify = verifier()
    expect(verify('track1', queryFor('track1')).valid).toBe(true)
    expect(verify('track2', queryFor('track1'))).toMatchObject({ code: 'SIGNATURE_INVALID' })
    expect(verify('track1', `expires=${EXPIRES + 1}&sig=${sigOf('track1')}`)).toMatchObject({
      code: 'SIGNATURE_INVALID',
    })
    expect(verify('track1', `${queryFor('track1')}&sig=${sigOf('track1')}`)).toMatchObject({
      code: 'SIGNATURE_MALFORMED',
    })
  })

  it('does nothing but look into the memory for a link as signed', () => {
    const verify = verifier()
    const query = queryFor('track1')
    verify('track1', query)
    const exec = jest.spyOn(RegExp.prototype, 'exec')
    const verdict: Verdict = verify('track1', query)
    const calls = exec.mock.calls.length
    exec.mockRestore()
    expect(verdict.valid).toBe(true)
    expect(calls).toBe(0)
  })
})

describe('the size of the memory of links', () => {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void

  /** Bytes of heap that stay when the memory is full, and each of its links came in a target of 15 kB. */
  function grownBy(targetFor: (id: string) => string): number {
    // What the engine compiles and caches on the way is no part of the memory.
    fill(verifier(), targetFor, 200)
    const verify = verifier()
    collect()
    const before = process.memoryUsage().heapUsed
    fill(verify, targetFor, MANY)
    collect()
    const grown = process.memoryUsage().heapUsed - before
    // The verifier, and with it the memory, is in use until here.
    expect(verify('none', '').valid).toBe(false)
    return grown
  }

  function fill(verify: LinkVerifier, targetFor: (id: string) => string, count: number): void {
    for (let index = 0; index < count; index++) {
      // From bytes, as a socket gives them: one string, of which path, id and query are parts.
      const target = Buffer.from(targetFor(`a-track-with-a-long-name-${index}`), 'latin1').toString('latin1')
      const { path, query } = splitTarget(target)
      verify(path.slice(path.lastIndexOf('/') + 1), query)
    }
  }

  it('holds as many links as fit, and drops those that nobody used for the longest time', () => {
    const compare = jest.spyOn(jest.requireActual<typeof NodeCrypto>('node:crypto'), 'timingSafeEqual')
    const verify = verifier()
    for (let index = 0; index < 1000; index++) verify(`track${index}`, queryFor(`track${index}`))
    compare.mockClear()
    for (let index = 0; index < 1000; index++) verify(`track${index}`, queryFor(`track${index}`))
    expect(compare).toHaveBeenCalledTimes(0)
    for (let index = 1000; index < MANY; index++) verify(`track${index}`, queryFor(`track${index}`))
    compare.mockClear()
    verify('track0', queryFor('track0'))
    verify(`track${MANY - 1}`, queryFor(`track${MANY - 1}`))
    expect(compare).toHaveBeenCalledTimes(1)
    compare.mockRestore()
  })

  it.each([
    ['parameters behind it', (id: string) => `/${id}?${queryFor(id)}&x=${'y'.repeat(15_000)}`],
    ['parameters before it', (id: string) => `/${id}?x=${'y'.repeat(15_000)}&${queryFor(id)}`],
    ['a long path before it', (id: string) => `/${'y'.repeat(15_000)}/${id}?${queryFor(id)}`],
    ['a long host', (id: string) => `http://${'y'.repeat(15_000)}/${id}?${queryFor(id)}`],
    ['nothing else', (id: string) => `/${id}?${queryFor(id)}`],
  ])('is bounded, with %s', (_what, targetFor) => {
    expect(grownBy(targetFor)).toBeLessThan(MEMORY)
  })
})
