/** The real program, as a process of its own. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, closeSync, openSync, readFileSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { computeSignature, verifySignedUrl } from 'express-signed-stream'
import { build } from './build'
import { makeTrackDirectory, pathFor, SECRET } from '../support/tracks'

const ROOT = join(__dirname, '../..')

interface Run {
  readonly args: readonly string[]
  readonly environment?: Readonly<Record<string, string>>
  readonly input?: string | Buffer
  /** The standard input in place of `input`, by descriptor. */
  readonly stdin?: number
  /** Ends the reading of both before anything is written, as `| head -0` does. */
  readonly isDeaf?: boolean
}

/** Milliseconds; what takes quadratic time would take minutes. */
const ENDLESS = 25_000

const built = build()
afterAll(built.remove)

async function start({ args, environment = {}, input = '', stdin, isDeaf = false }: Run) {
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('SECRET_KEY'))
  const env = { ...Object.fromEntries(inherited), ...environment }
  const child = spawn(process.execPath, [built.program, ...args], {
    env,
    stdio: [stdin ?? 'pipe', 'pipe', 'pipe'],
    timeout: ENDLESS,
    killSignal: 'SIGKILL',
  })
  const ended = once(child, 'close')
  child.stdin?.on('error', () => undefined).end(input)
  const [stdout, stderr] = await Promise.all([said(child.stdout, isDeaf), said(child.stderr, isDeaf)])
  const [exitCode] = (await ended) as [number | null]
  return { exitCode, stdout, stderr }
}

async function said(output: Readable | null, isDeaf: boolean): Promise<string> {
  if (output !== null && !isDeaf) return text(output)
  output?.destroy()
  return ''
}

const environment = { SECRET_KEY: SECRET }

describe('the command line as a process', () => {
  it('makes a secret that signs what it then verifies', async () => {
    const key = await start({ args: ['keygen'] })
    expect(key).toMatchObject({ exitCode: 0, stderr: '' })
    expect(key.stdout).toMatch(/^[0-9a-f]{64}\n$/)
    const own = { SECRET_KEY: key.stdout.trim() }
    const link = await start({ args: ['sign', 'track1', '--expires-in', '1h'], environment: own })
    expect(verifySignedUrl(link.stdout.trim(), { secret: own.SECRET_KEY })).toMatchObject({ valid: true })
    expect(await start({ args: ['verify', link.stdout.trim()], environment: own })).toEqual({
      exitCode: 0,
      stdout: 'VALID\n',
      stderr: '',
    })
  })

  it('never makes the same secret twice', async () => {
    const [one, other] = await Promise.all([start({ args: ['keygen'] }), start({ args: ['keygen'] })])
    expect(one.stdout).not.toBe(other.stdout)
  })

  it('ends with 1 for a refused link and 2 for a wrong call', async () => {
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

  it('reads the secret from a file or the standard input, where SECRET_KEY is not set', async () => {
    const tracks = makeTrackDirectory()
    const file = tracks.write('key', `${SECRET}\n`)
    const args = ['verify', pathFor('track1'), '--secret-file']
    expect((await start({ args: [...args, file] })).stdout).toBe('VALID\n')
    expect((await start({ args: [...args, '-'], input: `${SECRET}\r\n` })).stdout).toBe('VALID\n')
    expect((await start({ args: [...args, tracks.path] })).stderr).toBe(
      'express-signed-stream: Cannot read --secret-file: EISDIR\n',
    )
    tracks.remove()
  })

  it('takes a secret of bytes as it is', async () => {
    const secret = Buffer.from('ff'.repeat(32), 'hex')
    const link = `/track1?expires=9999999999&sig=${computeSignature(secret, 'track1', 9_999_999_999)}`
    expect((await start({ args: ['verify', link, '--secret-file', '-'], input: secret })).stdout).toBe(
      'VALID\n',
    )
  })

  it('says in one line that a secret is short', async () => {
    const secret = SECRET.slice(0, 20)
    const { exitCode, stderr } = await start({
      args: ['sign', 'track1', '--expires-in', '1h'],
      environment: { SECRET_KEY: secret },
    })
    expect(exitCode).toBe(0)
    expect(stderr).toBe('express-signed-stream: SECRET_KEY: secret has 20 bytes, 32 or more are advised\n')
  })

  it.each([
    [['--help'], 0],
    [['explain', pathFor('track1', 1_600_000_000)], 1],
    [['explain'], 2],
  ])('ends quietly if nobody reads what it prints: %j', async (args, exitCode) => {
    expect(await start({ args, environment, isDeaf: true })).toEqual({ exitCode, stdout: '', stderr: '' })
  })

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
  ])('ends at once for a link as long as one argument can be, of %j', async mark => {
    const filling = mark.repeat(120_000 / Buffer.byteLength(mark))
    for (const link of [`${pathFor('track1')}&x=${filling}x`, `/${filling}x`]) {
      const { exitCode, stderr } = await start({ args: ['explain', '--', link], environment })
      expect([0, 1]).toContain(exitCode)
      expect(stderr).toBe('')
    }
  })

  it.each(['/dev/zero', '-'])('reads no more than 64 KiB of a secret without an end: %s', async path => {
    const zeros = openSync('/dev/zero', 'r')
    const args = ['verify', pathFor('track1'), '--secret-file', path]
    const { exitCode, stderr } = await start({ args, stdin: zeros })
    closeSync(zeros)
    expect([exitCode, stderr]).toEqual([
      2,
      `express-signed-stream: The secret in ${path === '-' ? 'the standard input' : path} is too large: 65536 bytes at most\n`,
    ])
  })

  it('reports a file with the secret that others may read', async () => {
    const tracks = makeTrackDirectory()
    const file = tracks.write('key', SECRET)
    const args = ['verify', pathFor('track1'), '--secret-file', file]
    chmodSync(file, 0o640)
    const { exitCode, stdout, stderr } = await start({ args })
    expect([exitCode, stdout]).toEqual([0, 'VALID\n'])
    expect(stderr).toMatch(
      /^express-signed-stream: Other users have access .* \(mode 0640\): restrict it with chmod 600\n$/,
    )
    chmodSync(file, 0o600)
    expect(await start({ args })).toEqual({ exitCode: 0, stdout: 'VALID\n', stderr: '' })
    tracks.remove()
  })

  it('escapes what terminals obey in a warning too', async () => {
    const tracks = makeTrackDirectory()
    const file = tracks.write('key\x9b2J', SECRET.slice(0, 20))
    const { stderr } = await start({ args: ['verify', pathFor('track1'), '--secret-file', file] })
    expect(stderr).toContain('key\\u{9b}2J: secret has 20 bytes, 32 or more are advised\n')
    expect(stderr).not.toContain('\x9b')
    tracks.remove()
  })

  it('ends with 70, not as for a refused link, where it cannot write', async () => {
    const readOnly = openSync(__filename, 'r')
    const child = spawn(process.execPath, [built.program, 'keygen'], { stdio: ['ignore', readOnly, 'pipe'] })
    const ended = once(child, 'close')
    const stderr = await text(child.stderr ?? Readable.from([]))
    expect(stderr).toMatch(/^express-signed-stream: Cannot write: E\w+\n$/)
    expect(await ended).toEqual([70, null])
    closeSync(readOnly)
  })

  it('ends with 70 where it is not whole', async () => {
    const description = join(built.program, '../../../package.json')
    renameSync(description, `${description}.away`)
    const { exitCode } = await start({ args: ['keygen'] })
    renameSync(`${description}.away`, description)
    expect(exitCode).toBe(70)
  })

  it('tells the version of the package', async () => {
    const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string }
    expect((await start({ args: ['--version'] })).stdout).toBe(`${version}\n`)
  })
})
