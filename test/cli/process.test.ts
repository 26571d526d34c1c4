/** The real program as a process: exit codes, streams, signals of closed pipes, real files, and the session of docs/cli.md. */
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, closeSync, openSync, readFileSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { computeSignature, verifySignedUrl } from 'express-signed-stream'
import { build } from '../support/built-package'
import { makeTrackDirectory, pathFor, SECRET } from '../support/tracks'

const ROOT = join(__dirname, '../..')

interface Run {
  readonly args: readonly string[]
  readonly environment?: Readonly<Record<string, string>>
  readonly input?: string | Buffer
  /** A descriptor to use as the standard input in place of `input`. */
  readonly stdin?: number
  /** Closes both outputs before anything is written, as `| head -0` does. */
  readonly closesOutputs?: boolean
}

/** Milliseconds after which a process that does not end is killed. */
const TOO_LONG = 25_000

const built = build()
const files = makeTrackDirectory()
afterAll(() => {
  built.remove()
  files.remove()
})

async function start({ args, environment = {}, input = '', stdin, closesOutputs = false }: Run) {
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('SECRET_KEY'))
  const env = { ...Object.fromEntries(inherited), ...environment }
  const child = spawn(process.execPath, [built.program, ...args], {
    env,
    stdio: [stdin ?? 'pipe', 'pipe', 'pipe'],
    timeout: TOO_LONG,
    killSignal: 'SIGKILL',
  })
  const closed = once(child, 'close')
  child.stdin?.on('error', () => undefined).end(input)
  const [stdout, stderr] = await Promise.all([
    read(child.stdout, closesOutputs),
    read(child.stderr, closesOutputs),
  ])
  const [exitCode] = (await closed) as [number | null]
  return { exitCode, stdout, stderr }
}

async function read(output: Readable | null, isClosed: boolean): Promise<string> {
  if (output !== null && !isClosed) return text(output)
  output?.destroy()
  return ''
}

const environment = { SECRET_KEY: SECRET }

describe('the command line as a process', () => {
  it('makes another secret each time, which signs what it then verifies', async () => {
    const [key, other] = await Promise.all([start({ args: ['keygen'] }), start({ args: ['keygen'] })])
    expect([key.exitCode, key.stderr]).toEqual([0, ''])
    expect(key.stdout).toMatch(/^[0-9a-f]{64}\n$/)
    expect(other.stdout).not.toBe(key.stdout)
    const own = { SECRET_KEY: key.stdout.trim() }
    const link = await start({ args: ['sign', 'track1', '--expires-in', '1h'], environment: own })
    expect(verifySignedUrl(link.stdout.trim(), { secret: own.SECRET_KEY })).toMatchObject({ valid: true })
    expect(await start({ args: ['verify', link.stdout.trim()], environment: own })).toEqual({
      exitCode: 0,
      stdout: 'VALID\n',
      stderr: '',
    })
  })

  it('signs a path and an extension, which it then verifies and explains', async () => {
    const args = ['sign', '--path', 'Artist/01 Été.flac', '--extension', 'flac', '--expires-at', '2286-11-20']
    const { exitCode, stdout: link } = await start({ args, environment })
    const id = 'Artist--01_Été-2e_flac'
    const sig = computeSignature(SECRET, id, 9_999_936_000)
    expect([exitCode, link]).toEqual([
      0,
      `/Artist--01_%C3%89t%C3%A9-2e_flac.flac?expires=9999936000&sig=${sig}\n`,
    ])
    expect((await start({ args: ['verify', link.trim()], environment })).stdout).toBe('VALID\n')
    const { stdout } = await start({ args: ['explain', link.trim(), '--json'], environment })
    const { findings } = JSON.parse(stdout) as { findings: { kind: string; text: string }[] }
    expect(findings.map(({ kind }) => kind)).toEqual([
      'key',
      'path',
      'good-until',
      'id-unicode-form',
      'extension',
    ])
  })

  it('exits with 1 for a refused link and with 2 for wrong usage', async () => {
    const refused = await start({ args: ['explain', pathFor('track1', 1_600_000_000)], environment })
    expect([refused.exitCode, refused.stderr]).toEqual([1, ''])
    expect(refused.stdout).toMatch(
      /^Refused: SIGNATURE_EXPIRED\n.*\n- The link expired at 2020-09-13T12:26:40Z, \d+ days ago\n/,
    )
    const wrong = await start({ args: ['explain'], environment })
    expect(wrong).toEqual({
      exitCode: 2,
      stdout: '',
      stderr: 'express-signed-stream: explain needs an argument: explain <url>\n',
    })
  })

  it('reads a secret of any bytes from a file and from the standard input', async () => {
    const secret = Buffer.from('ff'.repeat(32), 'hex')
    const file = files.write('key', Buffer.concat([secret, Buffer.from('\n')]))
    chmodSync(file, 0o600)
    const link = `/track1?expires=9999999999&sig=${computeSignature(secret, 'track1', 9_999_999_999)}`
    const valid = { exitCode: 0, stdout: 'VALID\n', stderr: '' }
    expect(await start({ args: ['verify', link, '--secret-file', file] })).toEqual(valid)
    expect(await start({ args: ['verify', link, '--secret-file', '-'], input: secret })).toEqual(valid)
  })

  it('warns of a short secret in one line, and escapes the name of its file', async () => {
    const file = files.write('key\x9b2J', SECRET.slice(0, 20))
    chmodSync(file, 0o600)
    const args = ['sign', 'track1', '--expires-in', '1h', '--secret-file', file]
    const { exitCode, stdout, stderr } = await start({ args })
    expect([exitCode, stdout]).toEqual([0, expect.stringMatching(/^\/track1\?expires=/)])
    expect(stderr).toMatch(
      /^express-signed-stream: .*\/key\\u\{9b\}2J: secret has 20 bytes, 32 or more are advised\n$/,
    )
  })

  it.each([
    [['explain', pathFor('track1', 1_600_000_000)], 1],
    [['explain'], 2],
  ])('exits as usual if its outputs are closed: %j', async (args, exitCode) => {
    expect(await start({ args, environment, closesOutputs: true })).toEqual({
      exitCode,
      stdout: '',
      stderr: '',
    })
  })

  it('reads no more than 64 KiB of a standard input that never ends', async () => {
    const zeros = openSync('/dev/zero', 'r')
    const args = ['verify', pathFor('track1'), '--secret-file', '-']
    const { exitCode, stderr } = await start({ args, stdin: zeros })
    closeSync(zeros)
    expect([exitCode, stderr]).toEqual([
      2,
      'express-signed-stream: The secret in the standard input is too large: 65536 bytes at most\n',
    ])
  })

  it('exits with 70, not as for a refused link, if it cannot write', async () => {
    const readOnly = openSync(__filename, 'r')
    const child = spawn(process.execPath, [built.program, 'keygen'], { stdio: ['ignore', readOnly, 'pipe'] })
    const closed = once(child, 'close')
    const stderr = await text(child.stderr ?? Readable.from([]))
    expect(stderr).toMatch(/^express-signed-stream: Cannot write: E\w+\n$/)
    expect(await closed).toEqual([70, null])
    closeSync(readOnly)
  })

  it('exits with 70 and the whole error if it is broken', async () => {
    const description = join(built.program, '../../../package.json')
    renameSync(description, `${description}.away`)
    const { exitCode, stdout, stderr } = await start({ args: ['keygen'] })
    renameSync(`${description}.away`, description)
    expect([exitCode, stdout]).toEqual([70, ''])
    // Newer versions of Node have no stack for this error.
    expect(stderr).toMatch(/^\[?Error: ENOENT: .*package\.json'[^]*errno[^]*\}\n$/)
  })

  it('prints the version of the package', async () => {
    const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string }
    expect((await start({ args: ['--version'] })).stdout).toBe(`${version}\n`)
  })
})

describe('the terminal session in docs/cli.md', () => {
  /** Replaces `npx express-signed-stream`. */
  const SETUP = 'npx() { shift; "$NODE" "$PROGRAM" "$@"; }'

  it('prints what the page shows', () => {
    const page = readFileSync(join(ROOT, 'docs/cli.md'), 'utf8')
    const [, session = ''] = /```console\n(.*?)```/s.exec(page) ?? []
    const lines = session.split('\n')
    const commands = lines.filter(line => line.startsWith('$ ')).map(line => line.slice(2))
    expect(commands).toHaveLength(5)
    const printed = execFileSync('sh', ['-c', [SETUP, ...commands, 'true'].join('\n')], {
      encoding: 'utf8',
      env: { ...process.env, NODE: process.execPath, PROGRAM: built.program },
    })
    const expected = lines.filter(line => !line.startsWith('$ ')).join('\n')
    expect(printed.replace(/=\d+&sig=[0-9a-f]{64}$/gm, '=…&sig=…')).toBe(expected)
  })
})
