/** How many threads the program reads files with, counted in the process. */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ask } from '../support/client'
import { Run } from '../support/demo-program'
import { makeTrackDirectory, pathFor, SECRET, TRACK } from '../support/tracks'

const directory = makeTrackDirectory()
directory.write('track1.mp3', TRACK)
afterAll(directory.remove)

/** The threads of a program that has read a track. */
async function threadsOf(environment: Readonly<Record<string, string>>, cwd?: string): Promise<number> {
  const options = cwd === undefined ? {} : { cwd }
  await using run = new Run({ SECRET_KEY: SECRET, AUDIO_DIR: directory.path, ...environment }, options)
  expect((await ask(await run.port(), pathFor('track1'))).status).toBe(200)
  return readdirSync(`/proc/${run.child.pid}/task`).length
}

const onLinux = process.platform === 'linux' ? describe : describe.skip

onLinux('The program reads files', () => {
  it('with 64 threads, or as many as UV_THREADPOOL_SIZE says', async () => {
    const few = await threadsOf({ UV_THREADPOOL_SIZE: '4' })
    expect((await threadsOf({})) - few).toBe(60)
    expect((await threadsOf({ UV_THREADPOOL_SIZE: '10' })) - few).toBe(6)
  })

  it('with as many threads as .env says', async () => {
    const few = await threadsOf({ UV_THREADPOOL_SIZE: '4' })
    const cwd = mkdtempSync(join(tmpdir(), 'env-file-'))
    try {
      writeFileSync(join(cwd, '.env'), 'UV_THREADPOOL_SIZE=12\n')
      expect((await threadsOf({}, cwd)) - few).toBe(8)
    } finally {
      rmSync(cwd, { recursive: true })
    }
  })
})
