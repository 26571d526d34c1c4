/** /readyz when the storage is slow, hangs, or only seems to hang. */
import { execFileSync } from 'node:child_process'
import { EventEmitter, once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createHealth, createReadiness, type HealthOptions } from '../../demo/front/health'
import { canList } from '../../demo/library/can-list'
import { ask } from '../support/client'
import { listen } from '../support/server'
import { makeTrackDirectory, pathFor, SECRET, TRACK } from '../support/tracks'
import { Run } from '../support/demo-program'

const directory = makeTrackDirectory()
afterAll(directory.remove)

const NEVER = new Promise<never>(() => undefined)

/** Whether the storage has served, and whether a listener waits for it. */
function activityOf(hasServed: boolean): HealthOptions['activity'] {
  return { hasServed: () => hasServed, record: () => undefined }
}
function trafficOf(isWaiting: boolean): HealthOptions['traffic'] {
  return { phase: 'serving', isWaitingForStorage: () => isWaiting }
}

/** @param allCame called when the server has all `times` requests */
async function readiness(
  options: Partial<HealthOptions>,
  times = 1,
  allCame?: () => void,
): Promise<[number, string]> {
  const health = createHealth(
    createReadiness({
      look: () => canList(directory.path),
      traffic: trafficOf(false),
      activity: activityOf(false),
      patience: 50,
      ...options,
    }),
  )
  let requests = 0
  await using server = await listen((req, res) => {
    health(req, res, () => res.end())
    requests += 1
    if (requests === times) allCame?.()
  })
  const answers = await Promise.all(Array.from({ length: times }, () => ask(server.port, '/readyz')))
  const [first] = answers
  return [first?.status ?? 0, first?.body.toString() ?? '']
}

const READY = [200, 'ready\n']
const UNREADABLE = [503, 'tracks cannot be read\n']

describe('/readyz', () => {
  it.each<[string, Partial<HealthOptions>, unknown]>([
    [
      'nobody knows what was revoked',
      { areLinksReady: () => Promise.resolve(false) },
      [503, 'revocations cannot be read\n'],
    ],
    ['a look fails', { look: () => Promise.resolve(false) }, UNREADABLE],
    [
      'a look fails, although tracks were served',
      { look: () => Promise.resolve(false), activity: activityOf(true) },
      UNREADABLE,
    ],
    ['a look is late, while tracks are served', { look: () => NEVER, activity: activityOf(true) }, READY],
    ['a look hangs, and the pool is free', { look: () => NEVER }, UNREADABLE],
    ['the pool is busy, and no listener waits', { look: () => NEVER, usePool: () => NEVER }, READY],
    [
      'every thread of the pool hangs, and a listener waits',
      { look: () => NEVER, usePool: () => NEVER, traffic: trafficOf(true) },
      UNREADABLE,
    ],
    [
      'descriptors are used up, while tracks are served',
      { look: () => Promise.resolve(undefined), activity: activityOf(true) },
      READY,
    ],
  ])('when %s', async (_case, options, expected) => {
    expect(await readiness(options)).toEqual(expected)
  })

  it('looks once for a hundred requests', async () => {
    let looks = 0
    const finished = new EventEmitter()
    const looked = once(finished, 'look').then(() => true)
    function look(): Promise<boolean> {
      looks += 1
      return looked
    }
    const answer = await readiness({ look, patience: 20_000 }, 100, () => {
      finished.emit('look')
    })
    expect(answer).toEqual(READY)
    expect(looks).toBe(1)
  })
})

describe('with every thread of the pool blocked by a FIFO without a writer', () => {
  it('stays 200 while a track plays from memory', async () => {
    directory.write('hot.mp3', TRACK)
    const fifo = join(directory.path, 'fifo')
    execFileSync('mkfifo', [fifo])
    // Loaded before the server: opens the FIFO, which takes all threads for good, when it is asked to.
    const block = join(directory.path, 'block.js')
    writeFileSync(
      block,
      `process.once('SIGWINCH', () => { for (let i = 0; i < 8; i++) require('fs').open(${JSON.stringify(fifo)}, 'r', () => {}); console.error('blocked') })`,
    )
    const environment = {
      SECRET_KEY: SECRET,
      AUDIO_DIR: directory.path,
      NODE_OPTIONS: `--require ${block}`,
      UV_THREADPOOL_SIZE: '4',
    }
    await using run = new Run(environment)
    const port = await run.port()
    expect((await ask(port, pathFor('hot'))).status).toBe(200)
    const blocked = once(run.child.stderr ?? process.stderr, 'data')
    run.child.kill('SIGWINCH')
    await blocked
    expect((await ask(port, '/readyz')).body.toString()).toBe('ready\n')
    expect((await ask(port, '/healthz')).status).toBe(200)
  })
})
