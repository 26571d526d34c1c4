/** Signers with one mistake each, as processes: `conformance` must name it. */
import { join } from 'node:path'
import { signVectors, VECTORS, type SignTest } from '../support/vectors'
import { run } from './support'

const TESTS = signVectors.numberOfTests

/** A signer in JavaScript, in which each part can be replaced. */
interface Parts {
  readonly secret?: string
  readonly terms?: string
  readonly text?: string
  readonly sig?: string
  readonly url?: string
  readonly write?: string
}

function signer(parts: Parts = {}): string[] {
  const {
    secret = 'given.secret',
    terms = `[...given.terms].sort().map(pair => pair.join('.')).join('.')`,
    text = `subject + '|' + given.expires + (terms && '|' + terms)`,
    sig = `createHmac('sha256', secret).update(text).digest('hex')`,
    url = `base + '/' + encodeURIComponent(id) + '?expires=' + expires + (terms && '&terms=' + encodeURIComponent(terms)) + '&sig=' + sig`,
    write = 'console.log(url)',
  } = parts
  const script = `
    const { createHmac, createHash } = require('node:crypto')
    const lines = require('node:fs').readFileSync(0, 'utf8').trimEnd().split('\\n')
    lines.forEach((line, index) => {
      const given = JSON.parse(line)
      const { baseUrl: base, id, expires } = given
      const subject = given.terms.some(([name]) => ['id', 'pre', 'in'].includes(name)) ? '*' : id
      const secret = ${secret}
      const terms = ${terms}
      const text = ${text}
      const sig = ${sig}
      const url = ${url}
      ${write}
    })`
  return [process.execPath, '-e', script]
}

async function check(command: readonly string[], ...options: readonly string[]) {
  const { exitCode, stdout, stderr } = await run(['conformance', ...options, '--', ...command])
  return { exitCode, stderr, lines: stdout.trimEnd().split('\n') }
}

/** The number of the first vector for which `isMeant` holds. */
function firstWith(isMeant: (test: SignTest) => boolean): number {
  return signVectors.tests.find(isMeant)?.tcId ?? NaN
}

const withTerms = firstWith(({ input }) => input.terms.length > 0)
const unsorted = firstWith(({ input: { terms } }) =>
  terms.some(([name], at) => name < (terms[at - 1]?.[0] ?? '')),
)
const album = firstWith(({ flags }) => flags.includes('Album'))
const accents = firstWith(({ flags }) => flags.includes('Unicode'))

describe('conformance', () => {
  it('passes a signer that makes every link', async () => {
    const passed = { exitCode: 0, stderr: '', lines: [`Passed: all ${TESTS} links are right`] }
    expect(await check(signer())).toEqual(passed)
    expect(await check(signer({ write: 'console.log(JSON.stringify({ url }))' }))).toEqual(passed)
    expect(await check(signer({ write: `process.stdout.write(url + '\\r\\n')` }))).toEqual(passed)
  })

  it('passes links in another spelling, and says how many', async () => {
    const url = `base + '/' + encodeURIComponent(id) + '?sig=' + sig + (terms && '&terms=' + encodeURIComponent(terms).replaceAll('.', '%2E')) + '&expires=' + expires`
    const { exitCode, lines } = await check(signer({ url }))
    expect([exitCode, lines]).toEqual([
      0,
      [`Passed: all ${TESTS} links are right, ${TESTS} in another spelling`],
    ])
  })

  it('shows the input, the text to sign, and both links', async () => {
    const { lines } = await check(signer({ text: 'id + given.expires' }))
    const [first] = signVectors.tests
    expect(lines.slice(0, 6)).toEqual([
      `Failed: 0 of ${TESTS} links are right`,
      `The first wrong link is number 1: ${first?.comment ?? ''}`,
      `  input        ${JSON.stringify(first?.input)}`,
      `  signed text  ${first?.signedText ?? ''}`,
      `  expected     ${first?.url ?? ''}`,
      expect.stringMatching(
        /^ {2}got {10}https:\/\/api\.example\.com\/stream\/track1\?expires=1609459200&sig=[0-9a-f]{64}$/,
      ),
    ])
  })

  it.each<[string, Parts, number, string]>([
    ['no |', { text: 'id + expires' }, 1, 'The signed text has no | between id and expires'],
    ['a line break', { text: `id + '|' + expires + '\\n'` }, 1, 'The signed text ends with "\\n"'],
    ['milliseconds in the signed text', { text: `id + '|' + expires * 1000` }, 1, 'milliseconds were signed'],
    [
      'milliseconds in the link',
      { url: `base + '/' + id + '?expires=' + expires * 1000 + '&sig=' + sig` },
      1,
      'expires is "1609459200000" in the link, and must be 1609459200: these are milliseconds',
    ],
    [
      'a secret decoded from hex',
      { secret: `Buffer.from(given.secret, 'hex')` },
      1,
      'the signer decodes the hexadecimal digits',
    ],
    [
      'key and text swapped',
      { sig: `createHmac('sha256', text).update(secret).digest('hex')` },
      1,
      'uses the text as the key',
    ],
    [
      'a plain hash',
      { sig: `createHash('sha256').update(secret + text).digest('hex')` },
      1,
      'SHA-256 of the secret and the text',
    ],
    ['SHA-1', { sig: `createHmac('sha1', secret).update(text).digest('hex')` }, 1, 'SHA-1'],
    [
      'base64',
      { sig: `createHmac('sha256', secret).update(text).digest('base64url')` },
      1,
      'sig is written in base64',
    ],
    [
      'capitals',
      { sig: `createHmac('sha256', secret).update(text).digest('hex').toUpperCase()` },
      1,
      'Write sig in lower case',
    ],
    [
      'escapes for HTML',
      { url: `base + '/' + id + '?expires=' + expires + '&amp;sig=' + sig` },
      1,
      'escaped for HTML',
    ],
    [
      'another base',
      { url: `'http://localhost/' + id + '?expires=' + expires + '&sig=' + sig` },
      1,
      'The link begins with "http://localhost" in place of baseUrl',
    ],
    [
      'an id as it is',
      { url: `base + '/' + id + '?expires=' + expires + '&sig=' + sig` },
      accents,
      'Percent-encode the UTF-8 of the id',
    ],
    [
      'a percent-encoded id signed',
      { text: `encodeURIComponent(subject) + '|' + expires` },
      accents,
      'The percent-encoded id was signed',
    ],
    [
      'an id read as Latin-1',
      { text: `Buffer.from(subject).toString('latin1') + '|' + expires` },
      accents,
      'Latin-1',
    ],
    ['terms not signed', { text: `subject + '|' + expires` }, withTerms, 'The terms were not signed'],
    [
      'terms not in the link',
      { url: `base + '/' + encodeURIComponent(id) + '?expires=' + expires + '&sig=' + sig` },
      withTerms,
      'terms is missing in the link',
    ],
    [
      'terms that are not sorted',
      { terms: `given.terms.map(pair => pair.join('.')).join('.')` },
      unsorted,
      'The terms in the link are not sorted: their names must ascend',
    ],
    [
      'terms sorted in the link alone',
      {
        text: `subject + '|' + expires + (terms && '|' + given.terms.map(pair => pair.join('.')).join('.'))`,
      },
      unsorted,
      'The terms were signed in the order in which they were given: sort them by name',
    ],
    [
      'terms without a bar',
      { text: `subject + '|' + expires + terms` },
      withTerms,
      'no | between expires and the terms',
    ],
    [
      'terms signed as a query',
      { text: `subject + '|' + expires + (terms && '|' + new URLSearchParams([...given.terms].sort()))` },
      withTerms,
      'The terms were joined by other characters in the signed text',
    ],
    [
      'the id of an album',
      { text: `id + '|' + expires + (terms && '|' + terms)` },
      album,
      'sign * in place of it',
    ],
    [
      'an asterisk for all terms',
      { text: `(terms ? '*' : id) + '|' + expires + (terms && '|' + terms)` },
      withTerms,
      '* was signed in place of the id',
    ],
    [
      'an empty parameter terms',
      { url: `base + '/' + id + '?expires=' + expires + '&terms=' + terms + '&sig=' + sig` },
      1,
      'there are no terms: leave it out',
    ],
    [
      'a mistake of its own',
      { text: `id + '|!|' + expires` },
      1,
      'compare what your program signs with the signed text, byte by byte',
    ],
    [
      'sig twice',
      { url: `base + '/' + id + '?expires=' + expires + '&sig=' + sig + '&sig=' + sig` },
      1,
      'sig occurs 2 times',
    ],
    [
      'a tag behind the link',
      { url: `base + '/' + id + '?expires=' + expires + '&sig=' + sig + '&terms'` },
      1,
      'terms is empty: remove it',
    ],
    ['an error as its line', { write: `console.log('cannot sign')` }, 1, 'This is no signed link'],
    [
      'JSON without url',
      { write: `console.log(JSON.stringify({ link: url }))` },
      1,
      'This is no signed link',
    ],
    [
      'links in another order',
      {
        write: `;(globalThis.all ??= []).unshift(url); if (index === lines.length - 1) console.log(all.join('\\n'))`,
      },
      1,
      `This is the link for input ${TESTS}`,
    ],
  ])('explains %s', async (_mistake, parts, number, explanation) => {
    const { exitCode, lines } = await check(signer(parts))
    expect(exitCode).toBe(1)
    expect(lines[1]).toContain(`The first wrong link is number ${number}: `)
    expect(lines.slice(6).join('\n')).toContain(explanation)
  })
})

describe('conformance with a program that fails', () => {
  function script(code: string): string[] {
    return [process.execPath, '-e', code]
  }

  it('reports one that exits early, with the end of its standard error', async () => {
    const failing = script(
      `process.stdin.once('data', () => { console.error('x'.repeat(5000) + '\\nno \\x1b[31mhmac'); process.exitCode = 3; process.stdin.destroy() })`,
    )
    const { exitCode, lines } = await check(failing)
    expect([exitCode, ...lines.slice(0, 3)]).toEqual([
      1,
      `Failed: 0 of ${TESTS} links are right`,
      '- The program exited with 3',
      'The end of its standard error:',
    ])
    expect(lines[3]?.length).toBeLessThan(2100)
    expect(lines[4]).toBe('  | no \\u{1b}[31mhmac')
  })

  it('ends one that hangs, and says what it must do', async () => {
    const hanging = script(`console.log('x'); setInterval(() => {}, 1000)`)
    const { exitCode, lines } = await check(hanging, '--timeout', '1s')
    expect([exitCode, lines[1]]).toEqual([
      1,
      '- The program ran for more than 1 seconds: it must end when its input ends',
    ])
  })

  it('ends one that floods', async () => {
    const flooding = script(
      `const write = () => { while (process.stdout.write('x'.repeat(65536))); process.stdout.once('drain', write) }; write()`,
    )
    const { exitCode, lines } = await check(flooding)
    expect([exitCode, lines[1]]).toEqual([
      1,
      '- The program wrote more than 524288 bytes: it must write one line for each input',
    ])
  })

  it('fails one that is right but does not end well', async () => {
    const { exitCode, lines } = await check(signer({ write: 'console.log(url); process.exitCode = 1' }))
    expect([exitCode, lines]).toEqual([
      1,
      [`Failed: ${TESTS} of ${TESTS} links are right`, '- The program exited with 1'],
    ])
  })

  it('counts lines that are too few or too many', async () => {
    const few = await check(signer({ write: 'if (index < 2) console.log(url)' }))
    expect(few.lines).toEqual([
      `Failed: 2 of ${TESTS} links are right`,
      `- The program wrote 2 lines for ${TESTS} inputs: it must write one line for each`,
    ])
    const many = await check(
      signer({ write: `console.log(url); if (index === lines.length - 1) console.log('done')` }),
    )
    expect([many.exitCode, many.lines[1]]).toEqual([
      1,
      `- The program wrote ${TESTS + 1} lines for ${TESTS} inputs: it must write one line for each`,
    ])
  })

  it.each([
    [['/nowhere/sign'], 'Cannot start the program: ENOENT'],
    [[join(VECTORS, 'sign.json')], 'Cannot start the program: EACCES'],
    [[], 'conformance needs an argument: conformance -- <program>'],
  ])('refuses %j as wrong usage', async (command, message) => {
    expect(await check(command)).toMatchObject({ exitCode: 2, stderr: `express-signed-stream: ${message}\n` })
  })

  it.each(['0s', '2h', 'soon'])('refuses the timeout %s', async timeout => {
    expect(await check(signer(), '--timeout', timeout)).toMatchObject({
      exitCode: 2,
      stderr: expect.stringMatching(/^express-signed-stream: --timeout must be /) as string,
    })
  })

  it('gives options behind the program to the program, without a shell', async () => {
    const { lines } = await check([
      ...script('console.log(JSON.stringify(process.argv.slice(1)))'),
      '--',
      '--help',
      '$HOME;',
      '--secret=x',
    ])
    expect(lines.find(line => line.startsWith('  got'))).toBe(
      '  got          ["--help","$HOME;","--secret=x"]',
    )
  })

  it('prints JSON for programs', async () => {
    const { exitCode, stdout } = await run(['conformance', '--json', '--', ...signer({ text: 'id' })])
    expect(exitCode).toBe(1)
    expect(JSON.parse(stdout)).toMatchObject({
      passed: false,
      tests: TESTS,
      right: 0,
      first: {
        tcId: 1,
        signedText: 'track1|1609459200',
        findings: [expect.stringMatching(/^Only the id was signed/)],
      },
    })
  })

  it('feeds the inputs of the vectors as they stand in the file', async () => {
    const { stdout } = await run([
      'conformance',
      '--json',
      '--',
      ...script('process.stdin.pipe(process.stdout)'),
    ])
    const { first } = JSON.parse(stdout) as { first: { got: string } }

    expect(first.got).toBe(JSON.stringify(signVectors.tests[0]?.input))
  })
})
