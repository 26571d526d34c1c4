/** Limits of the work of `explain` for hostile links and secrets, counted: what it hashes, decodes and searches. */
import crypto, { type KeyObject } from 'node:crypto'
import { runInNewContext } from 'node:vm'
import { parseLooseLink } from '../../src/cli/explain/loose-link'
import { checkLink } from '../../src/cli/link-check'
import { SECRET } from '../support/tracks'
import { linkTo, NOW, run } from './support'

const FORGED = 'f'.repeat(64)
const GOOD = linkTo('track1')
const UNSIGNED = linkTo('track1', NOW + 3600, FORGED)

/** As many values as `explain` searches; each may be the signed one. */
const FOUR = `${UNSIGNED}&expires=${NOW + 1}&expires=${NOW + 2}&expires=${NOW + 3}&sig=${FORGED.replaceAll('f', 'e')}`

/** Terms of a usual link, and an album of as many tracks as there can be. */
const TERMS = `iat.${NOW}.jti.Zk3x9QwT.nbf.${NOW}.ses.14400.sub.u42`
const ALBUM = `iat.${NOW}.${Array.from({ length: 40 }, (_, index) => `id.track${index}`).join('.')}`

function withTerms(...terms: readonly string[]): string {
  return `${UNSIGNED}${terms.map(text => `&terms=${text}`).join('')}`
}

const LONG_SECRET = '0123456789abcdef'.repeat(4000)

interface Explained {
  readonly exitCode: number
  readonly kinds: readonly string[]
  readonly text: string
}

async function explain(link: string, environment?: Readonly<Record<string, string>>): Promise<Explained> {
  const { exitCode, stdout } = await run(['explain', '--json', '--', link], environment && { environment })
  const { findings } = JSON.parse(stdout) as { findings: { kind: string; text: string }[] }
  return {
    exitCode,
    kinds: findings.map(({ kind }) => kind),
    text: findings.map(({ text }) => text).join('\n'),
  }
}

afterEach(() => jest.restoreAllMocks())

describe('the search for what was signed', () => {
  function countHashed() {
    const macs = jest.spyOn(crypto, 'createHmac')
    const hashes = jest.spyOn(crypto, 'createHash')
    return {
      get readings() {
        return macs.mock.calls.length + hashes.mock.calls.length
      },
      get bytesOfKeys() {
        const keys = macs.mock.calls.map(([, key]) => key as KeyObject | string)
        return keys.reduce(
          (sum, key) => sum + (typeof key === 'string' ? key.length : (key.symmetricKeySize ?? 0)),
          0,
        )
      },
    }
  }

  const two = { SECRET_KEY: '0123456789abcdef'.repeat(4), SECRET_KEY_PREVIOUS: 'fedcba9876543210'.repeat(4) }
  const twoLong = { SECRET_KEY: LONG_SECRET, SECRET_KEY_PREVIOUS: `${LONG_SECRET}0` }

  it.each([
    ['of a usual link', UNSIGNED, two],
    ['of several values', FOUR, two],
    ['of milliseconds', UNSIGNED.replace('expires=', 'expires=0'), two],
    ['of a long path', UNSIGNED.replace('/stream', '/stream'.repeat(100)), two],
    ['of names in two forms of Unicode', linkTo('éàü'.repeat(40), NOW, FORGED), two],
    ['of terms', withTerms(TERMS), two],
    ['of terms with all names in another order', withTerms('uses.1.sub.x.jti.y.iat.1'), two],
  ])('is complete in some ten thousand readings: %s', async (_name, link, environment) => {
    const hashed = countHashed()
    const { kinds, text } = await explain(link, environment)
    expect(kinds.at(-1)).toBe('no-match')
    expect(text).toContain('no common mistake explains it')
    expect(hashed.readings).toBeGreaterThan(1000)
    expect(hashed.readings).toBeLessThan(30_000)
  })

  it('stops after 64 MiB of long secrets, and reports that', async () => {
    const hashed = countHashed()
    const { exitCode, kinds, text } = await explain(FOUR, twoLong)
    expect([exitCode, kinds.at(-1)]).toEqual([1, 'no-match'])
    expect(text).toContain('Not all mistakes were tried, because the secret is long')
    expect(hashed.readings).toBeGreaterThan(500)
    expect(hashed.bytesOfKeys).toBeLessThan(64 * 1024 * 1024)
  })

  it.each([
    ['of an album', withTerms(ALBUM)],
    ['of several terms', withTerms(TERMS, `${TERMS}.uses.2`, `as.x.${TERMS}`, TERMS.replace('u42', 'u43'))],
    ['of four albums', withTerms(ALBUM, `${ALBUM}.a.b`, `${ALBUM}.c.d`, `${ALBUM}.e.f`)],
    ['of terms that have hundreds of pairs', withTerms('a.b.'.repeat(250) + 'a.b')],
    ['of terms that are longer than any', withTerms('a.b.'.repeat(2000) + 'a.b')],
  ])('ends after 64 MiB, however many terms there are: %s', async (_name, link) => {
    const hashed = countHashed()
    const { exitCode, kinds } = await explain(link, two)
    expect([exitCode, kinds.includes('good-until')]).toEqual([1, false])
    expect(hashed.readings).toBeLessThan(66_000)
  })

  it('still finds one mistake of a long secret', async () => {
    const sig = crypto.createHmac('sha256', LONG_SECRET).update(`track1${NOW}`).digest('hex')
    const { kinds } = await explain(linkTo('track1', NOW, sig), twoLong)
    expect(kinds).toContain('signed-text')
  })
})

describe('a link longer than 16 KiB', () => {
  function padded(link: string, length: number): string {
    return `${link}&padding=`.padEnd(length, 'x')
  }

  it('is verified, but not searched for mistakes', async () => {
    expect(await explain(padded(GOOD.replace('&sig', ';sig'), 16_384))).toMatchObject({
      exitCode: 1,
      kinds: ['separator', 'key', 'good-until'],
    })
    const { exitCode, kinds, text } = await explain(padded(GOOD.replace('&sig', ';sig'), 16_385))
    expect([exitCode, kinds]).toEqual([1, ['too-long']])
    expect(text).toContain('The link has 16385 characters')
  })

  it('that is valid stays valid', async () => {
    expect(await explain(padded(GOOD, 100_000))).toMatchObject({ exitCode: 0, kinds: ['key', 'good-until'] })
    expect(await run(['verify', padded(GOOD, 100_000)])).toMatchObject({ exitCode: 0, stdout: 'VALID\n' })
  })
})

describe('taking a link apart', () => {
  it.each([
    ['names', '%&'],
    ['values', '=%&'],
    ['expiries', 'expires=%&'],
    ['signatures', 'sig=%&'],
    ['expiries and signatures', 'expires=%&sig=%&'],
    ['bytes that are not UTF-8', 'a%ff=%ff&'],
  ])('decodes at most four values of each parameter, however many there are: %s', (_name, pair) => {
    const decode = jest.spyOn(globalThis, 'decodeURIComponent')
    parseLooseLink(`/stream/track1?${pair.repeat(1000)}`)
    expect(decode.mock.calls.length).toBeLessThanOrEqual(8)
  })

  it('decodes at most four terms, and one value of each parameter with the name of a term', () => {
    const decode = jest.spyOn(globalThis, 'decodeURIComponent')
    parseLooseLink(`/stream/track1?${'terms=%&'.repeat(1000)}`)
    expect(decode.mock.calls.length).toBeLessThanOrEqual(4)
    decode.mockClear()
    parseLooseLink(`/stream/track1?${'iat=%&sub=%&'.repeat(1000)}`)
    expect(decode.mock.calls.length).toBeLessThanOrEqual(14)
  })

  it('reads names that are encoded', () => {
    expect(parseLooseLink('/track1?%65xpires=1&si%67=2')).toMatchObject({
      expires: ['1'],
      sigs: ['2'],
      findings: [],
    })
  })
})

describe('a link as long as one argument can be', () => {
  /** Milliseconds: linear work takes less than 100, quadratic work takes minutes. */
  const LIMIT = 10_000
  const options = {
    secrets: [{ name: 'SECRET_KEY', bytes: Buffer.from(SECRET) }],
    now: NOW,
    clockTolerance: 0,
    maxTtl: undefined,
    address: undefined,
  }

  it.each([
    ';',
    ',|',
    '\\',
    '?',
    '&',
    '=',
    '%',
    '%25',
    '%26',
    '&amp;',
    '[',
    '"',
    ' ',
    '/',
    '.',
    'a',
    '0',
    '\u0301',
  ])('is checked and taken apart in linear time, of %j', mark => {
    const filling = mark.repeat(120_000 / Buffer.byteLength(mark))
    for (const link of [`${GOOD}&x=${filling}x`, `/${filling}x`, `${GOOD}&terms=iat.1.${filling}x`]) {
      const work = jest.fn(() => [checkLink(link, options), parseLooseLink(link)])
      // Unlike Jest, `vm` stops work that does not end.
      runInNewContext('work()', { work }, { timeout: LIMIT })
      expect(work).toHaveReturned()
    }
  })
})
