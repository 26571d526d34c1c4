/** The `hosts` project with the packed package in it, and a directory of tracks. */
import { cpSync, mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { makeTrackDirectory, SECRET, type TrackDirectory } from '../support/tracks'
import type { Host } from './host-list'
import { HostProcess, type HostSetting } from './host-process'
import { install, pack } from './packed'

export interface HostsProject {
  readonly tracks: TrackDirectory
  start(host: Host, ...settings: readonly Omit<HostSetting, 'dir' | 'secret'>[]): Promise<HostProcess>
  remove(): void
}

export async function makeHostsProject(): Promise<HostsProject> {
  const temporary = realpathSync(mkdtempSync(join(tmpdir(), 'package-hosts-')))
  const project = join(temporary, 'project')
  const tarball = await pack(temporary)
  cpSync(join(__dirname, 'hosts'), project, { recursive: true })
  await install(project, tarball)
  const tracks = makeTrackDirectory()
  return {
    tracks,
    start({ module, host }, ...settings) {
      const complete = settings.map(setting => ({ dir: tracks.path, secret: SECRET, ...setting }))
      return HostProcess.start(project, { module, host, settings: complete })
    },
    remove() {
      tracks.remove()
      rmSync(temporary, { recursive: true, force: true })
    },
  }
}
