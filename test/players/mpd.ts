/** The Music Player Daemon, for one song, and spoken to as its clients do. */
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { createInterface } from 'node:readline'
import { setTimeout } from 'node:timers/promises'
import { run, type Workshop } from '../support/installed-program'

/** Without a sound card to wait for, it plays as fast as it can. */
function configuration(room: Workshop, output: string): string {
  return `
bind_to_address "${room.file('socket')}"
log_file "${room.file('log')}"
zeroconf_enabled "no"
audio_output {
  type "pipe"
  name "a file"
  command "cat >'${room.file(output)}'"
  mixer_type "none"
}
`
}

/**
 * Plays from `start` seconds on to the end, into the file `output` of `room`.
 *
 * @returns what it says of an error
 */
export async function hearByMpd(
  room: Workshop,
  uri: string,
  start: number,
  output: string,
): Promise<string | undefined> {
  writeFileSync(room.file('mpd.conf'), configuration(room, output))
  const ended = run('mpd', ['--no-daemon', 'mpd.conf'], { cwd: room.path })
  const tooEarly = ended.then(({ stderr }) => {
    throw new Error(`mpd ended and said ${stderr}`)
  })
  tooEarly.catch(() => undefined)

  const searching = new AbortController()
  const search = connectOnceItListens(room.file('socket'), searching.signal)
  try {
    const socket = await Promise.race([search, tooEarly])
    try {
      return await play(socket, uri, start)
    } finally {
      socket.end('kill\n')
      await ended
    }
  } finally {
    searching.abort()
    search.catch(() => undefined)
  }
}

/** It does not say when it listens. */
async function connectOnceItListens(path: string, signal: AbortSignal): Promise<Socket> {
  for (;;) {
    const socket = connect(path)
    try {
      await once(socket, 'connect')
      return socket
    } catch {
      await setTimeout(20, undefined, { signal })
    }
  }
}

async function play(socket: Socket, uri: string, start: number): Promise<string | undefined> {
  const lines = createInterface(socket)[Symbol.asyncIterator]()

  async function answer(): Promise<string[]> {
    const said: string[] = []
    for (;;) {
      const line = await lines.next()
      if (line.done === true) throw new Error('mpd hung up')
      if (line.value.startsWith('ACK')) throw new Error(`mpd said ${line.value}`)
      if (line.value.startsWith('OK')) return said
      said.push(line.value)
    }
  }

  async function ask(command: string): Promise<string[]> {
    socket.write(`${command}\n`)
    return answer()
  }

  await answer()
  await ask(`add "${uri}"`)
  await ask(`seek 0 ${start}`)
  for (;;) {
    const status = await ask('status')
    if (!status.includes('state: play')) return status.find(line => line.startsWith('error: '))
    await ask('idle player')
  }
}
