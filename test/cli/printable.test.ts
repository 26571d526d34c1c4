/** Characters that terminals obey, or that show another text than the one that is there, in whatever is printed. */
import { SECRET } from '../support/tracks'
import { linkTo, macOf, NOW, run, type Setup } from './support'

const CHARACTERS: readonly (readonly [name: string, character: string])[] = [
  ['NUL', '\0'],
  ['BEL', '\x07'],
  ['line feed', '\n'],
  ['carriage return', '\r'],
  ['ESC', '\x1b'],
  ['DEL', '\x7f'],
  ['NEL', '\x85'],
  ['CSI', '\x9b'],
  ['soft hyphen', '\xad'],
  ['Arabic letter mark', '\u061c'],
  ['zero-width space', '\u200b'],
  ['zero-width joiner', '\u200d'],
  ['right-to-left override', '\u202e'],
  ['line separator', '\u2028'],
  ['paragraph separator', '\u2029'],
  ['first strong isolate', '\u2068'],
  ['byte order mark', '\ufeff'],
  ['invisible filler', '\u3164'],
  ['lone high surrogate', '\ud800'],
  ['lone low surrogate', '\udfff'],
  ['tag', '\u{e0041}'],
]

/** What follows the character, so that a line break shows too. */
const MARK = 'marked'

type Case = readonly [what: string, args: (hostile: string) => readonly string[]]

const signing = ['--expires-in', '1h']
const link = linkTo('track1')
const [start = '', query = ''] = link.split('?')

const LINKS: readonly Case[] = [
  ['the id', hostile => [`/stream/${hostile}?${query}`]],
  ['an id that is nothing else', hostile => [`/${hostile}`]],
  ['the end', hostile => [`${link}${hostile}`]],
  ['the name of a parameter', hostile => [`${start}?${hostile}=1&${query}`]],
  ['the expiry', hostile => [link.replace('expires=', `expires=${hostile}`)]],
  ['the signature', hostile => [link.replace('sig=', `sig=${hostile}`)]],
  ['an encoded id', hostile => [`/stream/${encodeURIComponent(Buffer.from(hostile).toString())}?${query}`]],
]

const CASES: readonly Case[] = [
  ['the command', hostile => [hostile]],
  ['an argument of keygen', hostile => ['keygen', hostile]],
  ['a short option', hostile => ['keygen', `-${hostile}`]],
  ['an unknown option', hostile => ['keygen', `--${hostile}`]],
  ['the value of a flag', hostile => ['keygen', `--json=${hostile}`]],
  ['an id to sign', hostile => ['sign', hostile, ...signing]],
  ['an id with an extension', hostile => ['sign', `${hostile}.mp3`, ...signing]],
  ['a second id', hostile => ['sign', 'track1', hostile, ...signing]],
  ['a duration', hostile => ['sign', 'track1', '--expires-in', hostile]],
  ['a moment', hostile => ['sign', 'track1', '--expires-at', hostile]],
  ['a base', hostile => ['sign', 'track1', ...signing, '--base-url', `https://api.example.com/${hostile}`]],
  ['a base that is no URL', hostile => ['sign', 'track1', ...signing, '--base-url', hostile]],
  ['a file that is not there', hostile => ['sign', 'track1', ...signing, '--secret-file', hostile]],
  ['the moment to verify at', hostile => ['verify', link, '--at', hostile]],
  ['a tolerance', hostile => ['explain', link, '--clock-tolerance', hostile]],
  ['a lifetime', hostile => ['explain', link, '--max-ttl', hostile]],
  ...['verify', 'explain'].flatMap(command =>
    LINKS.map(([what, args]): Case => [
      `${what} of a link to ${command}`,
      hostile => [command, ...args(hostile)],
    ]),
  ),
]

async function printedBy(args: readonly string[], setup?: Setup): Promise<string> {
  const { stdout, stderr } = await run(args, setup)
  // A message is one line, whatever it holds.
  expect(stderr).toMatch(/^(?:express-signed-stream: .*\n)*$/)
  expect(stderr).not.toMatch(/\n./)
  return stdout + stderr
}

describe.each(CHARACTERS)('%s is printed as an escape', (_name, character) => {
  const hostile = `${character}${MARK}`

  it.each(CASES)('in %s', async (_what, args) => {
    expect(await printedBy(args(hostile))).not.toContain(hostile)
    expect(await printedBy([...args(hostile), '--json'])).not.toContain(hostile)
  })

  it.each([
    ['empty', ''],
    ['too short', 'short'],
    ['too large', 'x'.repeat(70_000)],
  ])('in the name of a file whose secret is %s', async (_what, content) => {
    const files = { [`key${hostile}`]: content }
    const printed = await printedBy(['verify', link, '--secret-file', `key${hostile}`], { files })
    expect(printed).toContain(MARK)
    expect(printed).not.toContain(hostile)
  })
})

describe('JSON', () => {
  it('holds the same value, escaped', async () => {
    const id = 'a\u009b\u202e\u{e0041}\ud800b'
    const { stdout } = await run(['explain', `/${id}?expires=${NOW}&sig=${macOf(`${id}|${NOW}`)}`, '--json'])
    expect(stdout).toMatch(/^[\x20-\x7e]+\n$/)
    const { findings } = JSON.parse(stdout) as { findings: { text: string }[] }
    expect(findings[0]?.text).toContain('"a\\u{9b}\\u{202e}\\u{e0041}\\u{d800}b" is not an id')
  })

  it('leaves letters of all scripts as they are', async () => {
    const { stdout } = await run(['sign', 'été한글', ...signing, '--json'])
    expect(stdout).toContain('"id":"été한글"')
  })
})

it('refuses a base that could not be printed as it is', async () => {
  const args = ['sign', 'track1', ...signing, '--base-url', 'https://api.example.com/\u202efr']
  expect(await run(args, { environment: { SECRET_KEY: SECRET } })).toEqual({
    exitCode: 2,
    stdout: '',
    stderr:
      'express-signed-stream: --base-url must not contain control or format characters: percent-encode them\n',
  })
})
