import { once } from 'node:events'
import { closeSync, mkdirSync, openSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { verifySignedUrl } from 'express-signed-stream'
import { variables } from '../../demo/settings/variables'
import { ask } from '../support/client'
import { makeTrackDirectory, pathFor, SECRET, TRACK } from '../support/tracks'
import { buildProgram, Run } from './program'

const program = buildProgram()
const directory = makeTrackDirectory()
directory.write('track1.mp3', TRACK)
afterAll(() => {
  program.remove()
  directory.remove()
})

const ENVIRONMENT = { SECRET_KEY: SECRET, AUDIO_DIR: directory.path }

describe('the program', () => {
  it.each<[string, Record<string, string>, string]>([
    ['a short secret', { SECRET_KEY: 'short' }, 'SECRET_KEY must have 16 bytes or more, got 5'],
    [
      'no secret in production',
      { SECRET_KEY: '', NODE_ENV: 'production' },
      'SECRET_KEY must be set where NODE_ENV is production',
    ],
    [
      'no such directory',
      { AUDIO_DIR: '/no/such/directory' },
      'AUDIO_DIR must be a directory that can be read, got "/no/such/directory"',
    ],
    [
      'a host of no address',
      { HOST: 'no.such.host.invalid' },
      'HOST is "no.such.host.invalid", which has no address',
    ],
    ['a host elsewhere', { HOST: '192.0.2.1' }, 'HOST is "192.0.2.1", which is no address of this machine'],
    [
      'a host for metrics elsewhere',
      { METRICS_PORT: '0', HOST_METRICS: '192.0.2.1' },
      'HOST_METRICS is "192.0.2.1", which is no address of this machine',
    ],
  ])('ends with 1 and one line for %s', async (_case, environment, line) => {
    const run = new Run(program, { ...ENVIRONMENT, ...environment })
    expect(await run.ended).toBe(1)
    expect(run.errors).toBe(`Cannot start: ${line}\n`)
    expect(run.lines).toEqual([])
  })

  it.each(['STREAM_SERVER_PORT', 'METRICS_PORT'])(
    'ends with 1 and one line where %s is taken',
    async name => {
      const other = createServer().listen(0, '127.0.0.1')
      await once(other, 'listening')
      const { port } = other.address() as AddressInfo
      const run = new Run(program, { ...ENVIRONMENT, [name]: String(port) })
      expect(await run.ended).toBe(1)
      expect(run.errors).toBe(
        `Cannot start: ${name} is ${port}, which another program uses: choose another\n`,
      )
      other.close()
    },
  )

  it('ends with 1 and one line for each of several mistakes', async () => {
    const run = new Run(program, { ...ENVIRONMENT, STREAM_SERVER_PORT: 'http', LOG_LEVEL: 'all' })
    expect(await run.ended).toBe(1)
    expect(run.errors).toMatch(/^Cannot start: STREAM_SERVER_PORT .*\nCannot start: LOG_LEVEL .*\n$/)
  })

  it('ends with 1 and one line for an option that it does not have', async () => {
    const run = new Run(program, ENVIRONMENT, { args: ['--port'] })
    expect(await run.ended).toBe(1)
    expect(run.errors).toBe('Cannot start: --port is no option; --help tells what there is\n')
  })

  it('tells of every variable and its default by --help', async () => {
    const run = new Run(program, {}, { args: ['--help'] })
    expect(await run.ended).toBe(0)
    for (const [name, { meaning, otherwise }] of Object.entries(variables)) {
      expect(run.lines.join('\n')).toContain(`  ${name}\n    ${meaning}\n    Default: ${otherwise}`)
    }
  })

  it('reads .env in the working directory, which the environment overrules', async () => {
    const home = makeTrackDirectory()
    writeFileSync(
      join(home.path, '.env'),
      `SECRET_KEY="${SECRET}"\nAUDIO_DIR=${directory.path}\nSTREAM_SERVER_PORT=http\n`,
    )
    await using run = new Run(program, {}, { cwd: home.path })
    expect((await ask(await run.port(), pathFor('track1'))).status).toBe(200)
    home.remove()
  })

  it('ends with 1 and one line where .env cannot be read', async () => {
    const home = makeTrackDirectory()
    mkdirSync(join(home.path, '.env'))
    const run = new Run(program, ENVIRONMENT, { cwd: home.path })
    expect(await run.ended).toBe(1)
    expect(run.errors).toMatch(/^Cannot start: .*\.env.*\n$/)
    home.remove()
  })

  it('takes a secret whole, and the one before it', async () => {
    const secrets = { SECRET_KEY: ' new "secret" #1 %20=\n$HOME ', SECRET_KEY_PREVIOUS: SECRET }
    await using run = new Run(program, { ...ENVIRONMENT, ...secrets })
    const port = await run.port()
    expect((await ask(port, pathFor('track1'))).status).toBe(200)
    const { url } = JSON.parse((await ask(port, '/api/sign/track1')).body.toString()) as { url: string }
    expect(verifySignedUrl(url, { secret: secrets.SECRET_KEY })).toMatchObject({ valid: true })
    expect((await ask(port, url)).status).toBe(200)
  })

  it('listens on localhost only, by either of its addresses, unless told otherwise', async () => {
    await using run = new Run(program, ENVIRONMENT)
    const port = await run.port()
    expect((await fetch(`http://localhost:${port}/healthz`)).status).toBe(200)
    expect((await ask(port, '/healthz')).status).toBe(200)
    await using open = new Run(program, { ...ENVIRONMENT, NODE_ENV: 'production' })
    expect((await ask(await open.port(), '/healthz')).status).toBe(200)
    expect(open.log.at(0)).toMatchObject({
      level: 'warn',
      msg: 'OPEN_SIGNING is false: /api/sign and /api/tracks answer 403, and links come from who holds the secret',
    })
  })

  it.each([
    ['is gone', (run: Run) => run.child.stdout?.destroy()],
    ['stands still', (run: Run) => run.child.stdout?.pause()],
  ])('plays on, and ends, where the reader of its log %s', async (_case, fail) => {
    await using run = new Run(program, { ...ENVIRONMENT, LOG_LEVEL: 'debug' })
    const port = await run.port()
    fail(run)
    // More than a pipe and its reader hold.
    const path = `/api/sign/${'a'.repeat(128)}`
    for (let count = 0; count < 800; count += 1) expect((await ask(port, path)).status).toBe(404)
    expect((await ask(port, pathFor('track1'))).body.equals(TRACK)).toBe(true)
    run.child.kill('SIGTERM')
    await once(run.child, 'exit')
    expect(run.child.exitCode).toBe(0)
  })

  it('plays on, and ends, where the disk of its log is full', async () => {
    const port = await findPort()
    const full = openSync('/dev/full', 'w')
    const environment = { ...ENVIRONMENT, STREAM_SERVER_PORT: String(port) }
    await using run = new Run(program, environment, { stdout: full })
    closeSync(full)
    await untilHealthy(port, run)
    expect((await ask(port, pathFor('track1'))).body.equals(TRACK)).toBe(true)
    run.child.kill('SIGTERM')
    expect(await run.ended).toBe(0)
  })
})

async function findPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

/** Resolves when it listens, for a process that cannot say so. */
async function untilHealthy(port: number, run: Run): Promise<void> {
  for (;;) {
    const answer = await ask(port, '/healthz').catch(() => undefined)
    if (answer?.status === 200) return
    expect(run.child.exitCode).toBeNull()
  }
}
