/** A sound card of one's own: a PulseAudio server that hears and forgets. Firefox plays nothing where there is none. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

export interface SoundDevice {
  /** What a program's environment must have, for it to play here. */
  readonly env: { readonly PULSE_SERVER: string }
  readonly remove: () => Promise<void>
}

const ARGS = [
  '-n',
  '--daemonize=no',
  '--high-priority=no',
  '--realtime=no',
  '--exit-idle-time=-1',
  '--log-target=stderr',
  '--log-level=info',
  // Each seek would else wait for what was buffered, 2 seconds of it.
  '--load=module-null-sink norewinds=1',
  '--load=module-native-protocol-unix socket=native auth-anonymous=1',
  // It ends with its input, thus with the tests, even those that are killed.
  '--load=module-cli exit_on_eof=1',
]

/**
 * Resolves once it takes sound. Its files are in `dir`, a directory that is there.
 *
 * @throws Error that names the set-up script where PulseAudio is not installed
 */
export async function addSoundDevice(dir: string): Promise<SoundDevice> {
  const server = spawn('pulseaudio', ARGS, {
    env: {
      PATH: process.env['PATH'],
      HOME: dir,
      XDG_RUNTIME_DIR: dir,
      PULSE_RUNTIME_PATH: dir,
      LC_ALL: 'C.UTF-8',
    },
    stdio: ['pipe', 'ignore', 'pipe'],
  })
  server.stdin.on('error', () => undefined)
  const closed = once(server, 'close').catch((cause: unknown) => {
    throw new Error('Cannot start pulseaudio; .ci/setup installs what this suite needs', { cause })
  })

  const said: string[] = []
  const started = new Promise<true>(resolve => {
    createInterface(server.stderr).on('line', line => {
      said.push(line)
      if (line.includes('Daemon startup complete')) resolve(true)
    })
  })
  if ((await Promise.race([started, closed])) !== true) {
    throw new Error(`Cannot start pulseaudio: it ended and said ${said.join('\n')}`)
  }

  return {
    env: { PULSE_SERVER: `unix:${join(dir, 'native')}` },
    async remove() {
      server.stdin.end()
      await closed
    },
  }
}
