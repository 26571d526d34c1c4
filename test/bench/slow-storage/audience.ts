/** Listeners who play whole tracks at 320 kbit/s with a buffer of 5 s, and how long each had nothing to play. */
import { connect, type Socket } from 'node:net'

const BYTES_PER_SECOND = 40_000
const BUFFER_BYTES = 5 * BYTES_PER_SECOND

/** How a response begins that is a track. */
const OK = 'HTTP/1.1 200'

/** Milliseconds of play time that are accounted at a time. */
const TICK = 100
const BYTES_PER_TICK = (BYTES_PER_SECOND * TICK) / 1000

export interface Played {
  /** Milliseconds to the first byte of each listener; infinite for one who got none, or a refusal. */
  readonly starts: readonly number[]
  /** Listeners who got no track. */
  readonly starved: number
  /** Percent of the play time of those who started. */
  readonly stalled: number
  readonly bytes: number
}

class Listener {
  readonly #socket: Socket
  readonly #begun = performance.now()
  start: number | undefined
  received = 0
  #played = 0
  ticks = 0
  stalls = 0

  constructor(port: number, path: string) {
    this.#socket = connect(port, '127.0.0.1')
    this.#socket.on('error', () => undefined)
    this.#socket.on('data', (bytes: Buffer) => {
      if (this.start === undefined && !bytes.toString('latin1', 0, OK.length).startsWith(OK)) {
        this.#socket.destroy()
        return
      }
      this.start ??= performance.now() - this.#begun
      this.received += bytes.length
    })
    this.#socket.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`)
  }

  tick(): void {
    if (this.start === undefined) return
    this.ticks++
    if (this.received - this.#played < BYTES_PER_TICK) this.stalls++
    else this.#played += BYTES_PER_TICK
    if (this.received - this.#played > BUFFER_BYTES) this.#socket.pause()
    else this.#socket.resume()
  }

  leave(): void {
    this.#socket.destroy()
  }
}

/** They come within a second, and play until the signal aborts, which is sooner than their tracks end. */
export async function play(port: number, paths: readonly string[], signal: AbortSignal): Promise<Played> {
  const listeners: Listener[] = []
  const pause = 1000 / paths.length
  for (const [index, path] of paths.entries()) {
    setTimeout(() => {
      if (!signal.aborted) listeners.push(new Listener(port, path))
    }, index * pause)
  }
  const timer = setInterval(() => {
    for (const listener of listeners) listener.tick()
  }, TICK)
  await new Promise(resolve => {
    signal.addEventListener('abort', resolve, { once: true })
  })
  clearInterval(timer)
  for (const listener of listeners) listener.leave()

  const starts = listeners.map(({ start }) => start ?? Infinity)
  const ticks = listeners.reduce((sum, listener) => sum + listener.ticks, 0)
  const stalls = listeners.reduce((sum, listener) => sum + listener.stalls, 0)
  return {
    starts,
    starved: starts.filter(start => start === Infinity).length,
    stalled: ticks === 0 ? 100 : (100 * stalls) / ticks,
    bytes: listeners.reduce((sum, { received }) => sum + received, 0),
  }
}
