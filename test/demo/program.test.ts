/** What only a process shows: exit codes, arguments, `.env`, and a log that cannot be written. start.test.ts has the rest. */
import { once } from 'node:events'
import { closeSync, mkdirSync, openSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { variables } from '../../demo/settings/variables'
import { ask, askRaw, rawGet } from '../support/client'
import { eventually } from '../support/eventually'
import { makeTrackDirectory, pathFor, SECRET, TRACK } from '../support/tracks'
import { Run } from '../support/demo-program'
import { freePort } from '../support/free-ports'

const directory = makeTrackDirectory()
directory.write('track1.mp3', TRACK)
afterAll(directory.remove)

const ENVIRONMENT = { SECRET_KEY: SECRET, AUDIO_DIR: directory.path }

// Concurrent, because each has a process of its own, of which one tries for 2 s to write the last lines of its log.
describe('the program', () => {
  it.concurrent.each([
    ['is closed', (run: Run) => run.child.stdout?.destroy()],
    ['is not read', (run: Run) => run.child.stdout?.pause()],
  ])('serves on, and exits with 0, if the pipe of its log %s', async (_case, fail) => {
    await using run = new Run({ ...ENVIRONMENT, LOG_LEVEL: 'debug' })
    const port = await run.port()
    fail(run)
    // 16 times 50 lines of 500 bytes: more than the pipe and its two ends hold.
    const last = rawGet(`/${'a'.repeat(250)}`, `X-Request-Id: ${'b'.repeat(128)}`)
    const others = last.replace('Connection: close\r\n', '').repeat(49)
    for (let round = 0; round < 16; round += 1) {
      expect((await askRaw(port, others + last)).match(/HTTP\/1\.1 404 /g)).toHaveLength(50)
    }
    expect((await ask(port, pathFor('track1'))).body.equals(TRACK)).toBe(true)
    run.child.kill('SIGTERM')
    await once(run.child, 'exit')
    expect(run.child.exitCode).toBe(0)
  })

  it.concurrent('exits with 1 and one line for each of several mistakes', async () => {
    const run = new Run({ ...ENVIRONMENT, STREAM_SERVER_PORT: 'http', SECRET_KEY: 'short' })
    expect(await run.ended).toBe(1)
    expect(run.errors).toBe(
      'Cannot start: STREAM_SERVER_PORT must be a port from 0 to 65535, got "http"\n' +
        'Cannot start: SECRET_KEY must have 16 bytes or more, got 5\n',
    )
    expect(run.lines).toEqual([])
  })

  it.concurrent('exits with 1 and one line for an unknown option', async () => {
    const run = new Run(ENVIRONMENT, { args: ['--port'] })
    expect(await run.ended).toBe(1)
    expect(run.errors).toBe('Cannot start: --port is not an option; see --help\n')
  })

  it.concurrent('explains every variable and its default with --help', async () => {
    const run = new Run({}, { args: ['--help'] })
    expect(await run.ended).toBe(0)
    for (const [name, { meaning, otherwise }] of Object.entries(variables)) {
      expect(run.lines.join('\n')).toContain(`  ${name}\n    ${meaning}\n    Default: ${otherwise}`)
    }
  })

  it.concurrent(
    'reads .env in the working directory, over which the environment takes precedence',
    async () => {
      const home = makeTrackDirectory()
      writeFileSync(
        join(home.path, '.env'),
        `SECRET_KEY="${SECRET}"\nAUDIO_DIR=${directory.path}\nSTREAM_SERVER_PORT=http\n`,
      )
      await using run = new Run({}, { cwd: home.path })
      expect((await ask(await run.port(), pathFor('track1'))).status).toBe(200)
      home.remove()
    },
  )

  it.concurrent('exits with 1 and one line if .env cannot be read', async () => {
    const home = makeTrackDirectory()
    mkdirSync(join(home.path, '.env'))
    const run = new Run(ENVIRONMENT, { cwd: home.path })
    expect(await run.ended).toBe(1)
    expect(run.errors).toMatch(/^Cannot start: .*\.env.*\n$/)
    home.remove()
  })

  it.concurrent('serves on, and exits with 0, if the disk of its log is full', async () => {
    const port = await freePort()
    const full = openSync('/dev/full', 'w')
    await using run = new Run({ ...ENVIRONMENT, STREAM_SERVER_PORT: String(port) }, { stdout: full })
    closeSync(full)
    await eventually(async () => {
      expect(run.child.exitCode).toBeNull()
      const response = await ask(port, '/healthz').catch(() => undefined)
      return response?.status === 200
    }, 'the server responds')
    expect((await ask(port, pathFor('track1'))).body.equals(TRACK)).toBe(true)
    run.child.kill('SIGTERM')
    expect(await run.ended).toBe(0)
  })
})
