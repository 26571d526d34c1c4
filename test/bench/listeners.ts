/**
 * Many listeners in a process of their own: each asks once, then reads at a steady pace, or nothing at all. Started by
 * `crowd.ts`, which sends {@link Orders} and is told `{ ready: true }` when all have asked.
 */
import { connect, type Socket } from 'node:net'

export interface Orders {
  readonly port: number
  /** The whole text of each listener's request. */
  readonly requests: readonly string[]
  /** 0 for listeners who read nothing until they are told to `look`. */
  readonly bytesPerSecond: number
}

export type Report = { readonly ready: true } | { readonly looked: number } | { readonly error: string }

/** How many connect at a time. */
const CONNECTING = 64

/** What is read at once. */
const PORTION = 32 * 1024

/** How many of those who read nothing are asked at the end what they have got. */
const SAMPLE = 50

const sockets: Socket[] = []
const buffer = Buffer.allocUnsafeSlow(PORTION)

async function listen({ port, requests, bytesPerSecond }: Orders): Promise<void> {
  let next = 0
  async function work(): Promise<void> {
    for (let request = requests[next++]; request !== undefined; request = requests[next++]) {
      await (bytesPerSecond > 0 ? joinSlowly(port, request, bytesPerSecond) : joinStalled(port, request))
    }
  }
  await Promise.all(Array.from({ length: CONNECTING }, work))
  tell({ ready: true })
}

/** Connects and asks; a paused socket is not read from. */
function joinStalled(port: number, request: string): Promise<void> {
  return new Promise(resolve => {
    const socket = connect({ port, host: '127.0.0.1' }).pause()
    socket.once('connect', () => {
      socket.write(request)
      resolve()
    })
    keep(socket)
  })
}

/** One portion at a time, each when it is due, and the first one at a random moment so that crowds do not march. */
function joinSlowly(port: number, request: string, bytesPerSecond: number): Promise<void> {
  return new Promise(resolve => {
    let isAnswered = false
    let due = 0
    const socket = connect({
      port,
      host: '127.0.0.1',
      onread: {
        buffer,
        callback: (count, chunk) => {
          if (!isAnswered) {
            expectServed(Buffer.from(chunk).toString('latin1', 0, 16))
            due = performance.now() + Math.random() * 1000
          }
          isAnswered = true
          due += (count / bytesPerSecond) * 1000
          setTimeout(() => socket.resume(), Math.max(0, due - performance.now()))
          return false
        },
      },
    })
    socket.once('connect', () => {
      socket.write(request)
      resolve()
    })
    keep(socket)
  })
}

function keep(socket: Socket): void {
  sockets.push(socket)
  socket.on('error', error => {
    tell({ error: error.message })
  })
  socket.on('close', () => {
    tell({ error: 'The server has closed a connection' })
  })
}

/** Whether those who read nothing have been answered at all. */
async function look(): Promise<void> {
  const sample = sockets.filter((_, index) => index % Math.ceil(sockets.length / SAMPLE) === 0)
  for (const socket of sample) {
    await new Promise<void>(resolve => {
      socket.once('data', chunk => {
        expectServed(chunk.toString('latin1', 0, 16))
        socket.pause()
        resolve()
      })
      socket.resume()
    })
  }
  tell({ looked: sample.length })
}

function expectServed(start: string): void {
  if (!/^HTTP\/1\.1 20[06] /.test(start)) tell({ error: `Expected 200 or 206, got ${start}` })
}

function tell(report: Report): void {
  if (process.connected) process.send?.(report)
}

process.on('message', (message: Orders | 'look') => {
  void (message === 'look' ? look() : listen(message))
})
process.on('disconnect', () => {
  process.exit()
})
