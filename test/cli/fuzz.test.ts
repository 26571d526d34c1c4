/** Links with random damage: each is explained without an internal error, and no signature is shown. */
import fc from 'fast-check'
import { linkTo, macOf, NOW, run } from './support'

const EXPIRES = NOW + 3600
const SIG = macOf(`track1|${EXPIRES}`)
const GOOD = linkTo('track1')

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

const edits = fc.array(fc.record({ at: fc.nat(GOOD.length), removed: fc.nat(12), added: fragments }), {
  minLength: 1,
  maxLength: 4,
})

describe('explain', () => {
  it('has a finding for any link', async () => {
    await fc.assert(
      fc.asyncProperty(edits, async changes => {
        const link = changes.reduce(
          (text, { at, removed, added }) => text.slice(0, at) + added + text.slice(at + removed),
          GOOD,
        )
        const { exitCode, stdout, stderr } = await run(['explain', '--', link])
        expect([0, 1]).toContain(exitCode)
        expect(stderr).toBe('')
        expect(stdout).toMatch(/^(?:Valid|Refused: [A-Z_]+)\n(?:- .+\n)+$/)
        // eslint-disable-next-line no-control-regex -- they are what must not be there
        expect(stdout.replaceAll('\n', '')).not.toMatch(/[\x00-\x1f\x7f-\x9f]/)
        expect(stdout).not.toContain(SIG.slice(0, 32))
        expect(stdout).not.toContain(SIG.slice(32))
        const verdict = await run(['verify', '--', link])
        expect(stdout.split('\n')[0]).toBe(
          verdict.exitCode === 0 ? 'Valid' : `Refused: ${verdict.stdout.trim()}`,
        )
      }),
      { numRuns: 100 },
    )
  })
})
