import { writeFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { settledStats } from '../../../src/source/disk/settled-stats'
import { makeTrackDirectory } from '../../support/tracks'

const tracks = makeTrackDirectory()
afterAll(tracks.remove)

it('shows what was written into a file in the tick in which it was opened', async () => {
  const path = join(tracks.path, 'hasty.mp3')
  writeFileSync(path, 'one')
  await using handle = await open(path)
  const stats = await handle.stat({ bigint: true })
  const settled = settledStats({ fd: handle.fd, stats }, () => Number(stats.ctimeMs))
  writeFileSync(path, 'three')
  expect((await settled).size).toBe(5n)
})

it('does not wait for a file that was written long ago', async () => {
  const path = join(tracks.path, 'old.mp3')
  writeFileSync(path, 'one')
  await using handle = await open(path)
  const stats = await handle.stat({ bigint: true })
  stats.ctimeMs -= 1000n
  expect(await settledStats({ fd: handle.fd, stats })).toBe(stats)
})

it('does not wait for a file whose clock is ahead', async () => {
  const path = join(tracks.path, 'ahead.mp3')
  writeFileSync(path, 'one')
  await using handle = await open(path)
  const stats = await handle.stat({ bigint: true })
  stats.ctimeMs += 60_000n
  expect(await settledStats({ fd: handle.fd, stats })).toBe(stats)
})
