/** Revocations in a file: they hold when the server has ended and another one starts. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ask } from '../support/client'
import { makeTrackDirectory, pathFor, SECRET, TRACK } from '../support/tracks'
import { Run } from '../support/demo-program'
import { bothSides, type Side } from './worker-sides'

// Each test starts several processes, and several tests run at a time.
jest.setTimeout(120_000)

const tracks = makeTrackDirectory()
tracks.write('track1.mp3', TRACK)
tracks.write('track2.mp3', TRACK)
const directory = mkdtempSync(join(tmpdir(), 'revocations-'))
afterAll(() => {
  tracks.remove()
  rmSync(directory, { recursive: true })
})

function start(environment: Readonly<Record<string, string>>): Run {
  return new Run({
    SECRET_KEY: SECRET,
    AUDIO_DIR: tracks.path,
    LOG_LEVEL: 'debug',
    DRAIN_TIMEOUT: '0',
    ...environment,
  })
}

async function end(run: Run): Promise<void> {
  run.child.kill('SIGTERM')
  expect(await run.ended).toBe(0)
}

function revoke(port: number, link: string): Promise<Response> {
  return fetch(`http://127.0.0.1:${port}/api/revoke`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ link }),
  })
}

/** A server that is one process. */
function only(port: number): Pick<Side, 'ask'> {
  return { ask: path => ask(port, path) }
}

// Concurrent, because each has processes of its own.
describe('a server with REVOCATIONS_FILE', () => {
  it.concurrent.each(['1', '2'])(
    'refuses after a restart what was revoked before, with %s workers',
    async WORKERS => {
      const environment = { WORKERS, REVOCATIONS_FILE: join(directory, `with-${WORKERS}`) }
      const link = pathFor('track1')
      await using before = start(environment)
      const port = await before.port()
      expect((await ask(port, link)).status).toBe(200)
      expect((await revoke(port, link)).status).toBe(200)
      expect((await ask(port, link)).status).toBe(403)
      await end(before)

      await using after = start(environment)
      const sides = WORKERS === '1' ? [only(await after.port())] : await bothSides(after)
      for (const side of sides) {
        expect((await side.ask(link)).status).toBe(403)
        expect((await side.ask(pathFor('track2'))).status).toBe(200)
      }
    },
  )

  it.concurrent('lets workers count the uses of a link together, as without the file', async () => {
    await using run = start({ WORKERS: '2', REVOCATIONS_FILE: join(directory, 'uses') })
    const [one, other] = await bothSides(run)
    const signed = await one.ask('/api/sign/track1?uses=1')
    const { url } = JSON.parse(signed.body.toString()) as { url: string }
    expect((await one.ask(`${url}&device=2`)).status).toBe(200)
    expect((await other.ask(`${url}&device=3`)).status).toBe(403)
  })

  it.concurrent.each(['1', '2'])(
    'does not start with the file of another program, which stays as it is, with %s workers',
    async WORKERS => {
      const file = join(directory, `notes-${WORKERS}`)
      writeFileSync(file, 'my notes')
      await using run = start({ WORKERS, REVOCATIONS_FILE: file })
      expect(await run.ended).toBe(1)
      expect(run.errors).toBe(
        `Cannot start: REVOCATIONS_FILE must be a new file, or one that this server made, got ${JSON.stringify(file)}\n`,
      )
      expect(readFileSync(file, 'utf8')).toBe('my notes')
    },
  )

  it.concurrent.each(['1', '2'])(
    'does not start if it cannot make the file, with %s workers',
    async WORKERS => {
      // For the superuser only the attempt shows it.
      await using run = start({ WORKERS, REVOCATIONS_FILE: '/proc/revocations' })
      expect(await run.ended).toBe(1)
      expect(run.errors).toMatch(
        /^Cannot start: REVOCATIONS_FILE (?:cannot be opened: ENOENT|must be a file that can be written, in a directory that can be written, got "\/proc\/revocations")\n$/,
      )
    },
  )
})
