/**
 * Two thousand listeners for a minute, on tracks that change meanwhile: no byte that they receive is wrong, and
 * when they have gone, nothing of theirs is left. `SOAK_SECONDS=600 npm run test:soak` takes longer.
 */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { startChild, type ChildServer } from '../support/child'
import type { Health } from '../support/child-server'
import { ask } from '../support/client'
import { makeTrackDirectory, pathFor } from '../support/tracks'
import { ChangingTrack } from './changing-tracks'
import { listen, Tally, type Scene } from './listener'

const SECONDS = Number(process.env['SOAK_SECONDS'] ?? 60)
const LISTENERS = 2000
/** Moves of all listeners together in a second, if the machine keeps up. */
const MOVES_PER_SECOND = 400
/** Milliseconds. */
const STALL_TIMEOUT = 6000
const CHANGE_EVERY = 40
/** Descriptors of each listener at the server: a socket and a file. */
const DESCRIPTORS = 2 * LISTENERS + 500
const MEBIBYTE = 1024 * 1024

const HOST_NAMES = ['Express 5', 'node:http']

/**
 * Buffers that are kept to be used again: 64 of 64 KiB, and in each host an eighth of the block budget. How many of them a
 * few listeners need at first differs.
 */
const KEPT_BUFFERS = 64 * 64 * 1024 + (HOST_NAMES.length * 64 * MEBIBYTE) / 8

jest.setTimeout((SECONDS + 240) * 1000)

const directory = makeTrackDirectory()
afterAll(directory.remove)

const long = new ChangingTrack(directory.path, 'long', 'steady', [48 * MEBIBYTE])
const tracks = [
  new ChangingTrack(directory.path, 'short', 'steady', [20_000]),
  new ChangingTrack(directory.path, 'song', 'steady', [300_001]),
  new ChangingTrack(directory.path, 'album', 'steady', [4_000_000]),
  new ChangingTrack(directory.path, 'replaced1', 'replaced', [500_000, 400_000, 600_001]),
  new ChangingTrack(directory.path, 'replaced2', 'replaced', [1_500_000, 1_500_000]),
  new ChangingTrack(directory.path, 'rewritten1', 'rewritten', [400_000, 400_000, 400_000]),
  new ChangingTrack(directory.path, 'rewritten2', 'rewritten', [8_000_000, 8_000_000]),
  new ChangingTrack(directory.path, 'truncated', 'truncated', [8_000_000, 8_000_000, 7_000_000]),
  new ChangingTrack(directory.path, 'recreated', 'recreated', [300_000, 450_000]),
]

it('leaves nothing behind, mixes nothing up and never falls over', async () => {
  assertDescriptors()
  await using child = await startChild(directory.path, { hosts: HOST_NAMES, stallTimeout: STALL_TIMEOUT })
  const fresh = await child.health()
  // Compiled code, and caches up to their limit, are no leak.
  await soak(child, { listeners: 200, seconds: 5, tally: new Tally(), mayStandStill: false })
  const before = await healthAfter(child, fresh)

  const tally = new Tally()
  await soak(child, { listeners: LISTENERS, seconds: SECONDS, tally, mayStandStill: true })
  const after = await healthAfter(child, fresh)

  console.info({ ...Object.fromEntries([...tally.counts].sort()), before, after })
  expect(after.faults).toEqual([])
  expect(after.descriptors).toBe(fresh.descriptors)
  expect(after.resources).toEqual(fresh.resources)
  expect(after.heapUsed - before.heapUsed).toBeLessThan(4 * MEBIBYTE)
  expect(after.external - before.external).toBeLessThan(KEPT_BUFFERS + MEBIBYTE)
  // Without one of these, it was no soak.
  for (const what of [
    'complete',
    'visibly incomplete',
    'aborted before the head',
    'aborted in the body',
    'aborted in a multipart body',
    'cut for standing still',
  ]) {
    expect([what, tally.counts.get(what) ?? 0]).not.toEqual([what, 0])
  }

  for (const port of child.ports) {
    for (const { id } of [long, ...tracks]) {
      const answer = await ask(port, pathFor(id))
      expect(answer.body.equals(readFileSync(join(directory.path, `${id}.mp3`)))).toBe(true)
    }
  }
})

function assertDescriptors(): void {
  const allowed = execFileSync('sh', ['-c', 'ulimit -n'], { encoding: 'utf8' }).trim()
  if (allowed !== 'unlimited' && Number(allowed) < DESCRIPTORS) {
    throw new Error(`Cannot soak: ${allowed} descriptors are allowed; say ulimit -n ${DESCRIPTORS} before`)
  }
}

interface Plan extends Pick<Scene, 'tally' | 'mayStandStill'> {
  readonly listeners: number
  readonly seconds: number
}

/** Settles when all listeners have gone; rejects with the first fault that any of them finds. */
async function soak(child: ChildServer, { listeners, seconds, ...rest }: Plan): Promise<void> {
  const end = performance.now() + seconds * 1000
  let hasFailed = false
  function isOver(): boolean {
    return hasFailed || performance.now() > end
  }
  async function keepChanging(): Promise<void> {
    const changing = tracks.filter(({ habit }) => habit !== 'steady')
    for (let turn = 0; !isOver(); turn++) {
      changing[turn % changing.length]?.change()
      await sleep(CHANGE_EVERY)
    }
  }
  const pace = (listeners * 1000) / MOVES_PER_SECOND
  const common: Omit<Scene, 'port'> = {
    ...rest,
    tracks,
    longTrack: long,
    stallTimeout: STALL_TIMEOUT,
    pace,
    isOver,
  }
  const all = Array.from({ length: listeners }, (_, index) =>
    listen({ ...common, port: child.ports[index % child.ports.length] ?? 0 }),
  )
  const ends = await Promise.allSettled(
    [keepChanging(), ...all].map(promise =>
      promise.catch((error: unknown) => {
        hasFailed = true
        throw error
      }),
    ),
  )
  for (const track of tracks) track.restore()
  for (const result of ends) if (result.status === 'rejected') throw result.reason
}

/** The health of the child once it has closed all connections, or when there is no more time. */
async function healthAfter(child: ChildServer, fresh: Health): Promise<Health> {
  const patience = performance.now() + 30_000
  for (;;) {
    const health = await child.health()
    const isQuiet =
      health.descriptors === fresh.descriptors &&
      JSON.stringify(health.resources) === JSON.stringify(fresh.resources)
    if (isQuiet || performance.now() > patience) return child.health()
  }
}
