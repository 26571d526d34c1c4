/** The `hosts` project with the packed package in it, and a directory of tracks. */
import { cpSync, mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { makeTrackDirectory, SECRET, type TrackDirectory } from '../support/tracks'
import type { Host } from './host-list'
import { HostProcess, type Form, type HostSettings } from './host-process'
import { install, pack } from './packed'

export interface HostsProject {
  readonly tracks: TrackDirectory
  start(host: Host, form: Form, options?: Partial<HostSettings['options']>): Promise<HostProcess>
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
    start({ module, host }, form, options = {}) {
      const complete = { dir: tracks.path, secret: SECRET, ...options }
      return HostProcess.start(project, { module, host, form, options: complete })
    },
    remove() {
      tracks.remove()
      rmSync(temporary, { recursive: true, force: true })
    },
  }
}
