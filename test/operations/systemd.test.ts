/** The systemd unit, judged by systemd's own tools, and its time-outs by the server's. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readConfig } from '../../demo/settings/config'
import { variables } from '../../demo/settings/variables'
import { makeTrackDirectory, SECRET } from '../support/tracks'

const DEPLOY = join(__dirname, '../../demo/deploy')
const NAME = 'signed-stream.service'
const unit = readFileSync(join(DEPLOY, NAME), 'utf8')
const nginx = readFileSync(join(DEPLOY, 'nginx.conf'), 'utf8')

const directory = mkdtempSync(join(tmpdir(), 'unit-'))
const file = join(directory, NAME)
// That it is where Debian has it is up to who deploys.
writeFileSync(file, unit.replaceAll('/usr/bin/node', process.execPath))
const tracks = makeTrackDirectory()
const defaults = readConfig({ NODE_ENV: 'production', SECRET_KEY: SECRET, AUDIO_DIR: tracks.path })
afterAll(() => {
  rmSync(directory, { recursive: true })
  tracks.remove()
})

/** The exit status, and all that it says: a setting that is unknown is a warning. */
function analyze(...args: string[]): { readonly status: number | null; readonly said: string } {
  const { status, stdout, stderr } = spawnSync('systemd-analyze', args, { encoding: 'utf8' })
  return { status, said: stdout + stderr }
}

/** Seconds. */
function secondsOf(text: string, pattern: RegExp): number {
  return Number(pattern.exec(text)?.[1])
}

it('has nothing wrong with it, says systemd-analyze verify', () => {
  expect(analyze('verify', '--man=no', file)).toEqual({ status: 0, said: '' })
})

it('is exposed by 1.5 of 10 at most, says systemd-analyze security', () => {
  expect(analyze('security', '--offline=true', '--threshold=15', file)).toMatchObject({ status: 0 })
})

it('gives a drain the time it takes', () => {
  const seconds = (defaults.DRAIN_DELAY + defaults.DRAIN_TIMEOUT) / 1000
  expect(secondsOf(unit, /^TimeoutStopSec=([0-9]+)$/m)).toBeGreaterThan(seconds)
  const docker = readFileSync(join(DEPLOY, 'Dockerfile'), 'utf8')
  expect(secondsOf(docker, /--stop-timeout ([0-9]+)/)).toBeGreaterThan(seconds)
})

it.each(['send_timeout', 'proxy_read_timeout'])(
  'nginx cuts a paused player by %s no sooner than the app',
  name => {
    expect(secondsOf(nginx, new RegExp(`^ *${name} ([0-9]+)s;`, 'm'))).toBeGreaterThan(
      defaults.STALL_TIMEOUT / 1000,
    )
  },
)

it('takes no setting that the server does not know', () => {
  const names = Array.from(
    /^Environment=(.*)$/m.exec(unit)?.[1]?.matchAll(/([A-Z_]+)=/g) ?? [],
    ([, name]) => name,
  )
  expect(names).toContain('TRUST_PROXY')
  expect(names.filter((name = '') => !(name in variables))).toEqual([])
})
