/** Wherever a hostile character comes from, it is printed as an escape: no argument moves the cursor or forges a line. */
import { toPrintableJson } from '../../src/cli/printable-json'
import { SECRET } from '../support/tracks'
import { linkTo, macOf, NOW, run, type Setup } from './support'

/** One of each kind; test/http/printable.test.ts knows them all. */
const HOSTILE_CHARACTERS = [
  '\0',
  '\n',
  '\r',
  '\x1b',
  '\x7f',
  '\x9b',
  '\xad',
  '\u200b',
  '\u202e',
  '\u2028',
  '\ufeff',
  '\u3164',
  '\ud800',
  '\udfff',
  '\u{e0041}',
]

/** Follows each character, so that the line feeds that the program itself prints do not count. */
const MARK = 'µ'
const hostile = HOSTILE_CHARACTERS.map(character => character + MARK).join('')

const signing = ['--expires-in', '1h']
const link = linkTo('track1')
const [start = '', query = ''] = link.split('?')

const LINKS: readonly (readonly [what: string, link: string])[] = [
  ['the id', `/stream/${hostile}?${query}`],
  ['an id that is nothing else', `/${hostile}`],
  ['the end', `${link}${hostile}`],
  ['the name of a parameter', `${start}?${hostile}=1&${query}`],
  ['the expiry', link.replace('expires=', `expires=${hostile}`)],
  ['the signature', link.replace('sig=', `sig=${hostile}`)],
  ['an encoded id', `/stream/${encodeURIComponent(Buffer.from(hostile).toString())}?${query}`],
]

const CASES: readonly (readonly [what: string, args: readonly string[]])[] = [
  ['the command', [hostile]],
  ['an argument of keygen', ['keygen', hostile]],
  ['an unknown option', ['keygen', `--${hostile}`]],
  ['the value of a flag', ['keygen', `--json=${hostile}`]],
  ['a short option', ['keygen', `-${hostile}`]],
  ['the id to sign', ['sign', hostile, ...signing]],
  ['an id with an extension', ['sign', `${hostile}.mp3`, ...signing]],
  ['a second id', ['sign', 'track1', hostile, ...signing]],
  ['a duration', ['sign', 'track1', '--expires-in', hostile]],
  ['a time', ['sign', 'track1', '--expires-at', hostile]],
  ['a base URL', ['sign', 'track1', ...signing, '--base-url', `https://api.example.com/${hostile}`]],
  ['a base that is no URL', ['sign', 'track1', ...signing, '--base-url', hostile]],
  ['a file that does not exist', ['sign', 'track1', ...signing, '--secret-file', hostile]],
  ['the time to verify at', ['verify', link, '--at', hostile]],
  ['a tolerance', ['explain', link, '--clock-tolerance', hostile]],
  ['a lifetime', ['explain', link, '--max-ttl', hostile]],
  ...['verify', 'explain'].flatMap(command =>
    LINKS.map(([what, of]) => [`${what} of a link to ${command}`, [command, of]] as const),
  ),
]

async function expectEscaped(args: readonly string[], setup?: Setup): Promise<string> {
  const { stdout, stderr } = await run(args, setup)
  // A message is one line, whatever it contains.
  expect(stderr).toMatch(/^(?:express-signed-stream: .*\n)?$/)
  const printed = stdout + stderr
  expect(HOSTILE_CHARACTERS.filter(character => printed.includes(character + MARK))).toEqual([])
  return printed
}

it.each(CASES)('escapes hostile characters in %s', async (_what, args) => {
  await expectEscaped(args)
  await expectEscaped([...args, '--json'])
})

it.each([
  ['empty', ''],
  ['too short', 'short'],
  ['too large', 'x'.repeat(70_000)],
])('escapes hostile characters in the name of a file whose secret is %s', async (_what, content) => {
  const path = `key${hostile}`
  const printed = await expectEscaped(['verify', link, '--secret-file', path], { files: { [path]: content } })
  expect(printed).toContain(`\\u{9b}${MARK}`)
})

it('escapes hostile characters in the name of a file whose secret signed the link', async () => {
  const path = `key${hostile}`
  const args = ['explain', link, '--secret-file', path]
  const files = { [path]: SECRET }
  const printed = await expectEscaped(args, { files })
  expect(printed.split('\n')).toHaveLength(4)
  expect(printed).toContain(`, signed with key\\u{0}${MARK}\\u{a}${MARK}`)
  const { key } = JSON.parse(await expectEscaped([...args, '--json'], { files })) as { key: string }
  expect(key).toBe(path)
})

describe('JSON', () => {
  it('is ASCII for an id of hostile characters, and parses to the same value', async () => {
    const id = 'a\u009b\u202e\u{e0041}\ud800b'
    const { stdout } = await run(['explain', `/${id}?expires=${NOW}&sig=${macOf(`${id}|${NOW}`)}`, '--json'])
    expect(stdout).toMatch(/^[\x20-\x7e]+\n$/)
    const { findings } = JSON.parse(stdout) as { findings: { text: string }[] }
    expect(findings[0]?.text).toContain('"a\\u{9b}\\u{202e}\\u{e0041}\\u{d800}b" is not an id')
  })

  it('escapes what JSON.stringify does not', () => {
    const value = { text: HOSTILE_CHARACTERS.join('') }
    const json = toPrintableJson(value)
    expect(json).toMatch(/^[\x20-\x7e]+$/)
    expect(json).toContain(String.raw`\u009b\u00ad\u200b\u202e\u2028\ufeff\u3164`)
    expect(json).toContain(String.raw`\udb40\udc41`)
    expect(JSON.parse(json)).toEqual(value)
  })

  it('leaves letters of all scripts as they are', async () => {
    const { stdout } = await run(['sign', 'été한글', ...signing, '--json'])
    expect(stdout).toContain('"id":"été한글"')
  })
})

it('refuses a base URL that could not be printed as it is', async () => {
  const args = ['sign', 'track1', ...signing, '--base-url', 'https://api.example.com/\u202efr']
  expect(await run(args, { environment: { SECRET_KEY: SECRET } })).toEqual({
    exitCode: 2,
    stdout: '',
    stderr:
      'express-signed-stream: --base-url must not contain control or format characters: percent-encode them\n',
  })
})
