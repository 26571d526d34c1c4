import { run } from './support'
import { SECRET } from '../support/tracks'

const LINK = '/stream/track1?expires=1&sig=2'

describe('the program', () => {
  it('prints its commands, options and exit codes', async () => {
    const { exitCode, stdout, stderr } = await run(['--help'])
    expect([exitCode, stderr]).toEqual([0, ''])
    for (const word of [
      'keygen',
      'sign <id>',
      'verify <url>',
      'explain <url>',
      'streams',
      'revoke',
      '--version',
      'Exit codes',
    ]) {
      expect(stdout.replace(/\s+/g, ' ')).toContain(word)
    }
    expect(await run(['-h'])).toEqual({ exitCode, stdout, stderr })
  })

  it.each([
    ['keygen', ['--json']],
    [
      'sign',
      [
        '--expires-in',
        '--expires-at',
        '--base-url',
        '--secret-file',
        '--json',
        '--listener',
        '--track',
        'a number without a unit is seconds',
      ],
    ],
    ['verify', ['--at', '--clock-tolerance', '--max-ttl', 'SECRET_KEY_PREVIOUS', 'quotes']],
    ['conformance', ['[options] -- <program>', '--timeout', 'reads one line of JSON']],
    ['explain', ['--at', '--from', '--secret-file', 'one line break at its end is ignored']],
    ['streams', ['--redis-url', 'REDIS_URL', 'npm install redis', '--json']],
    [
      'revoke',
      ['--listener', '--dry-run', '--keep-streams', 'within 2 seconds', 'REDIS_URL', '--secret-file'],
    ],
  ])('prints the options of %s', async (command, words) => {
    for (const flag of ['--help', '-h']) {
      const { exitCode, stdout } = await run([command, flag], { environment: {} })
      expect([exitCode, stdout.split('\n')[0]]).toEqual([
        0,
        expect.stringContaining(`Usage: express-signed-stream ${command}`),
      ])
      for (const word of [...words, 'Exit codes']) expect(stdout.replace(/\s+/g, ' ')).toContain(word)
    }
  })

  it('has lines that fit a terminal', async () => {
    for (const command of [
      [],
      ['keygen'],
      ['sign'],
      ['verify'],
      ['explain'],
      ['conformance'],
      ['streams'],
      ['revoke'],
    ]) {
      const { stdout } = await run([...command, '--help'])
      expect(stdout.split('\n').filter(line => line.length > 80)).toEqual([])
    }
  })

  it('prints its version', async () => {
    expect(await run(['--version'])).toEqual({ exitCode: 0, stdout: '1.2.3\n', stderr: '' })
  })

  it.each([
    [
      [],
      'Give a command: the commands are keygen, sign, verify, explain, conformance, streams, revoke; see --help',
    ],
    [
      ['singn', 'track1'],
      'Unknown command: the commands are keygen, sign, verify, explain, conformance, streams, revoke; see --help',
    ],
    [['keygen', 'track1'], 'keygen takes no argument'],
    [['sign', '--expires-in', '1h'], 'sign needs an argument: sign <id>'],
    [['verify'], 'verify needs an argument: verify <url>'],
    [['verify', ''], 'verify needs an argument: verify <url>'],
    [['explain', LINK, LINK], 'explain takes one argument: explain <url>'],
    [['sign', 'track1', '--expire-in', '1h'], 'Unknown option --expire-in'],
    [['sign', 'track1', '--expire-in=1h'], 'Unknown option --expire-in'],
    [['sign', '-x', 'track1'], 'Unknown option -x'],
    [['sign', 'track1', '--constructor', '1h'], 'Unknown option --constructor'],
    [['sign', 'track1', '--expires-in'], '--expires-in needs a value: --expires-in <duration>'],
    [['sign', 'track1', '--expires-in', '--json'], '--expires-in needs a value: --expires-in <duration>'],
    [['sign', 'track1', '--expires-in='], '--expires-in needs a value: --expires-in <duration>'],
    [['sign', 'track1', '--expires-in', '1h', '--expires-in', '2h'], '--expires-in is given twice'],
    [['keygen', '--json=yes'], '--json takes no value'],
  ])('refuses %j with one line and exit code 2', async (args, message) => {
    expect(await run(args)).toEqual({
      exitCode: 2,
      stdout: '',
      stderr: `express-signed-stream: ${message}\n`,
    })
  })

  it('reads an id that begins with a dash after two dashes', async () => {
    const { stdout } = await run(['sign', '--expires-in', '1h', '--', '-track'])
    expect(stdout).toMatch(/^\/-track\?expires=/)
  })
})

describe('a secret', () => {
  const verifying = ['verify', LINK]

  it.each([
    ['--secret', 'a-secret-of-their-own'],
    ['--secret=a-secret-of-their-own'],
    ['--secret-key', 'a-secret-of-their-own'],
    ['--SECRET_KEY=a-secret-of-their-own'],
  ])('is refused as the argument %s, and not repeated', async (...args) => {
    const { exitCode, stderr } = await run([...verifying, ...args])
    expect(exitCode).toBe(2)
    expect(stderr).toMatch(
      /^express-signed-stream: Do not pass the secret as an argument, because ps and the history/,
    )
    expect(stderr).not.toContain('their-own')
  })

  it('is not repeated if it is given in another place by mistake', async () => {
    for (const args of [
      ['a-secret-of-their-own'],
      ['keygen', 'a-secret-of-their-own'],
      ['sign', 'track1', 'a-secret-of-their-own'],
      ['verify', LINK, '--secret-file', 'a-secret-of-their-own'],
      ['verify', LINK, '--json=a-secret-of-their-own'],
      ['verify', LINK, '--sceret=a-secret-of-their-own'],
    ]) {
      const { exitCode, stderr } = await run(args)
      expect(exitCode).toBe(2)
      expect(stderr).not.toContain('their-own')
    }
  })

  it.each([
    [{}, 'There is no secret: set SECRET_KEY, or use --secret-file'],
    [{ SECRET_KEY: '' }, 'There is no secret: set SECRET_KEY, or use --secret-file'],
    [{ SECRET_KEY_PREVIOUS: SECRET }, 'There is no secret: set SECRET_KEY, or use --secret-file'],
    [{ SECRET_KEY: 'short' }, 'The secret in SECRET_KEY must have at least 16 bytes, got 5'],
    [
      { SECRET_KEY: SECRET, SECRET_KEY_PREVIOUS: 'short' },
      'The secret in SECRET_KEY_PREVIOUS must have at least 16 bytes, got 5',
    ],
  ])('that is missing or too short is refused with one line: %j', async (environment, message) => {
    expect(await run(verifying, { environment })).toEqual({
      exitCode: 2,
      stdout: '',
      stderr: `express-signed-stream: ${message}\n`,
    })
  })

  it.each([
    ['as it is', SECRET],
    ['with a line break', `${SECRET}\n`],
    ['with a line break of Windows', `${SECRET}\r\n`],
  ])('is read from a file, %s', async (_name, content) => {
    const args = ['sign', 'track1', '--expires-in', '1h']
    const fromFile = await run([...args, '--secret-file', 'key'], {
      environment: {},
      files: { key: content },
    })
    expect(fromFile).toEqual(await run(args))
    const fromInput = await run([...args, '--secret-file', '-'], { environment: {}, files: { '-': content } })
    expect(fromInput).toEqual(fromFile)
  })

  it('keeps all line breaks at the end of its file but one', async () => {
    const args = ['sign', 'track1', '--expires-in', '1h']
    const fromFile = await run([...args, '--secret-file', 'key'], { files: { key: `${SECRET}\n\n` } })
    expect(fromFile).toEqual(await run(args, { environment: { SECRET_KEY: `${SECRET}\n` } }))
  })

  it('from a file replaces SECRET_KEY', async () => {
    const environment = { SECRET_KEY: 'another-secret-of-32-bytes-ffffff' }
    const { stdout } = await run(['sign', 'track1', '--expires-in', '1h', '--secret-file', 'key'], {
      environment,
      files: { key: SECRET },
    })
    expect(stdout).toBe((await run(['sign', 'track1', '--expires-in', '1h'])).stdout)
  })

  it('whose file is missing or empty is refused with one line', async () => {
    const args = [...verifying, '--secret-file', 'key']
    expect((await run(args)).stderr).toBe('express-signed-stream: Cannot read --secret-file: ENOENT\n')
    expect((await run(args, { files: { key: '\n' } })).stderr).toBe(
      'express-signed-stream: The secret in key is empty\n',
    )
  })
})
