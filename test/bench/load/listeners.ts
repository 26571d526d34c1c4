/**
 * Many listeners in a process of their own: each sends one request, then reads at a steady pace, or nothing at all.
 * Started by `crowd.ts`, which sends {@link Orders} and gets `{ ready: true }` when all requests are sent.
 */
import { connect, type Socket } from 'node:net'

export interface Orders {
  readonly port: number
  /** The whole text of each listener's request. */
  readonly requests: readonly string[]
  /** 0 for listeners who read nothing until they get `look`. */
  readonly bytesPerSecond: number
}

export type Report = { readonly ready: true } | { readonly looked: number } | { readonly error: string }

/** How many connect at a time. */
const CONNECTING = 64

/** What is read at once. */
const PORTION = 32 * 1024

/** How many of those who read nothing check at the end what they got. */
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
  report({ ready: true })
}

/** Connects and sends the request; a paused socket is not read from. */
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
    let hasBegun = false
    let due = 0
    const socket = connect({
      port,
      host: '127.0.0.1',
      onread: {
        buffer,
        callback: (count, chunk) => {
          if (!hasBegun) {
            expectServed(Buffer.from(chunk).toString('latin1', 0, 16))
            due = performance.now() + Math.random() * 1000
          }
          hasBegun = true
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
    report({ error: error.message })
  })
  socket.on('close', () => {
    report({ error: 'The server has closed a connection' })
  })
}

/** Checks that those who read nothing got a response at all. */
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
  report({ looked: sample.length })
}

function expectServed(start: string): void {
  if (!/^HTTP\/1\.1 20[06] /.test(start)) report({ error: `Expected 200 or 206, got ${start}` })
}

function report(message: Report): void {
  if (process.connected) process.send?.(message)
}

process.on('message', (message: Orders | 'look') => {
  void (message === 'look' ? look() : listen(message))
})
process.on('disconnect', () => {
  process.exit()
})
