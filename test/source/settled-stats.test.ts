import { writeFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { settledStats } from '../../src/source/settled-stats'
import { makeTrackDirectory } from '../support/tracks'

const tracks = makeTrackDirectory()
afterAll(tracks.remove)

const { signal } = new AbortController()

it('shows what was written into a file in the tick in which it was opened', async () => {
  const path = join(tracks.path, 'hasty.mp3')
  writeFileSync(path, 'one')
  await using handle = await open(path)
  const settled = settledStats({ handle, stats: await handle.stat({ bigint: true }) }, signal)
  writeFileSync(path, 'three')
  expect((await settled).size).toBe(5n)
})

it('looks once only at a file that was written long ago', async () => {
  const path = join(tracks.path, 'old.mp3')
  writeFileSync(path, 'one')
  await using handle = await open(path)
  const stats = await handle.stat({ bigint: true })
  stats.ctimeMs -= 1000n
  expect(await settledStats({ handle, stats }, signal)).toBe(stats)
})

it('does not wait for a file whose clock is ahead, nor for a client that has left', async () => {
  const path = join(tracks.path, 'ahead.mp3')
  writeFileSync(path, 'one')
  await using handle = await open(path)
  const stats = await handle.stat({ bigint: true })
  expect(await settledStats({ handle, stats }, AbortSignal.abort())).toBe(stats)
  stats.ctimeMs += 60_000n
  expect(await settledStats({ handle, stats }, signal)).toBe(stats)
})
