/** Links with random damage: each is explained without an internal error, and no signature is shown. */
import fc from 'fast-check'
import { readKeyring } from '../../src/signing/keyring'
import { createLinkVerifier } from '../../src/signing/link-verifier'
import { SECRET } from '../support/tracks'
import { linkTo, macOf, NOW, run } from './support'

const EXPIRES = NOW + 3600
const SIG = macOf(`track1|${EXPIRES}`)
const GOOD = linkTo('track1')
const TERMS = `iat.${NOW}.ip4.c00002.jti.x.ses.60.sub.u42`
const TERMS_SIG = macOf(`track1|${EXPIRES}|${TERMS}`)
const WITH_TERMS = `/stream/track1?expires=${EXPIRES}&terms=${TERMS}&sig=${TERMS_SIG}`

/** Any UTF-16 code unit. The `binary` unit of fast-check takes a second or more to set up. */
const codeUnit = fc
  .oneof(fc.integer({ max: 0x7f, min: 0 }), fc.integer({ max: 0xffff, min: 0 }))
  .map(code => String.fromCharCode(code))

/** What mail programs and shells add to links, and what is hard to parse. */
const fragments = fc.oneof(
  fc.constantFrom(
    '&amp;',
    '%26',
    '%3D',
    '%3F',
    '%',
    '=',
    '&',
    '?',
    ';',
    '#',
    '/',
    '\\',
    '.mp3',
    '[]',
    'sig',
    'expires',
    'terms',
    'terms=',
    '.sub.u43',
    'iat.1.',
  ),
  fc.constantFrom(
    'sig=',
    'expires=',
    `sig=${SIG}`,
    '%00',
    '\u0301',
    '\u202e',
    '\ud800',
    '\n',
    ' ',
    '<',
    '"',
    SIG,
  ),
  fc.string({ maxLength: 8, unit: codeUnit }),
)

const edits = fc.array(fc.record({ at: fc.nat(WITH_TERMS.length), removed: fc.nat(12), added: fragments }), {
  minLength: 1,
  maxLength: 4,
})

describe('explain', () => {
  it.each([
    ['without terms', GOOD, SIG],
    ['with terms', WITH_TERMS, TERMS_SIG],
  ])('has a finding for any link %s', async (_name, good, sig) => {
    await fc.assert(
      fc.asyncProperty(edits, async changes => {
        const link = changes.reduce(
          (text, { at, removed, added }) => text.slice(0, at) + added + text.slice(at + removed),
          good,
        )
        const { exitCode, stdout, stderr } = await run(['explain', '--', link])
        expect([0, 1]).toContain(exitCode)
        expect(stderr).toBe('')
        expect(stdout).toMatch(/^(?:Valid|Refused: [A-Z_]+)\n(?:- .+\n)+$/)
        // eslint-disable-next-line no-control-regex -- they are what must not be there
        expect(stdout.replaceAll('\n', '')).not.toMatch(/[\x00-\x1f\x7f-\x9f]/)
        expect(stdout).not.toContain(sig.slice(0, 32))
        expect(stdout).not.toContain(sig.slice(32))
        const verdict = await run(['verify', '--', link])
        expect(stdout.split('\n')[0]).toBe(
          verdict.exitCode === 0 ? 'Valid' : `Refused: ${verdict.stdout.trim()}`,
        )
      }),
      { numRuns: 100 },
    )
  })
})

describe('verify', () => {
  const terms = fc
    .record({
      iat: fc.integer({ min: NOW - 200, max: NOW + 200 }),
      id: fc.constantFrom(undefined, 'track1', 'track2'),
      ip4: fc.constantFrom(undefined, 'c00002', 'c0000207'),
      nbf: fc.option(fc.integer({ min: NOW - 5, max: NOW + 5 }), { nil: undefined }),
      zzz: fc.constantFrom(undefined, undefined, '1'),
    })
    .map(record =>
      Object.entries(record)
        .flatMap(([name, value]) => (value === undefined ? [] : `${name}.${value}`))
        .join('.'),
    )

  it('has the verdict of the server for any link with terms', async () => {
    const address = '192.0.2.8'
    const setting = { clockTolerance: 2, maxTtl: 100 }
    const verifyOnServer = createLinkVerifier({
      ...setting,
      secret: readKeyring(SECRET, 'the server'),
      now: () => NOW,
    })
    await fc.assert(
      fc.asyncProperty(terms, fc.integer({ min: NOW - 4, max: NOW + 110 }), async (text, expires) => {
        const sig = macOf(`${text.includes('.id.') ? '*' : 'track1'}|${expires}|${text}`)
        const query = `expires=${expires}&terms=${text}&sig=${sig}`
        const verdict = verifyOnServer('track1', query, address)
        const args = ['--from', address, '--clock-tolerance', '2', '--max-ttl', '100']
        const { stdout } = await run(['verify', `/track1?${query}`, ...args])
        expect(stdout).toBe(`${verdict.valid ? 'VALID' : verdict.code}\n`)
      }),
      { numRuns: 500 },
    )
  })
})
