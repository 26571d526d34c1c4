/** Links that change between two looks at a path. */
import { rmSync, symlinkSync, writeFileSync } from 'node:fs'
import type * as promises from 'node:fs/promises'
import { join } from 'node:path'
import { openInside } from '../../../src/source/disk/open-inside'
import { makeTrackDirectory, type TrackDirectory } from '../../support/tracks'

const looks: { around: ((path: string, look: () => Promise<string>) => Promise<string>) | undefined } = {
  around: undefined,
}

jest.mock('node:fs/promises', () => {
  const real = jest.requireActual<typeof promises>('node:fs/promises')
  function realpath(path: string): Promise<string> {
    function look(): Promise<string> {
      return real.realpath(path)
    }
    return looks.around === undefined ? look() : looks.around(path, look)
  }
  return { ...real, realpath }
})

let tracks: TrackDirectory
let other: TrackDirectory
beforeEach(() => {
  ;[tracks, other] = [makeTrackDirectory(), makeTrackDirectory()]
  other.write('secret.mp3', 'secret')
})
afterEach(() => {
  looks.around = undefined
  tracks.remove()
  other.remove()
})

it('opens nothing outside if a link becomes a file for the time of one look', async () => {
  const name = join(tracks.path, 'a.mp3')
  const secret = join(other.path, 'secret.mp3')
  symlinkSync(secret, name)
  looks.around = async (path, look) => {
    if (path !== name) return look()
    looks.around = undefined
    rmSync(name)
    writeFileSync(name, 'harmless')
    const real = await look()
    rmSync(name)
    symlinkSync(secret, name)
    return real
  }
  expect(await openInside({ directory: tracks.path, linksInto: [] }, 'a.mp3')).toBeUndefined()
  expect(looks.around).toBeUndefined()
})
