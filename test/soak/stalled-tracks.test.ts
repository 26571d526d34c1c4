/**
 * Two thousand listeners who take no data, on as many tracks that are elsewhere: the memory of the server stays within
 * its budget and 64 KiB for each of them, others are served, and nothing is left when they have gone.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { ask, connectTo } from '../support/client'
import { queryFor, SECRET } from '../support/tracks'
import type { Memory, StalledOrder } from './stalled-server'

const LISTENERS = 2000
const KIBIBYTE = 1024
const MEBIBYTE = 1024 * KIBIBYTE
const BUDGET = 64 * MEBIBYTE
/** More than the kernel keeps for both ends of a connection. */
const TRACK = 12 * MEBIBYTE
/** For what is neither content in memory nor a listener's. */
const SPARE = 16 * MEBIBYTE

/** Milliseconds between two looks at the server, at each of which it collects garbage. */
const LOOK = 500

jest.setTimeout(120_000)

function start(): ChildProcess {
  const program = join(__dirname, 'stalled-server.ts')
  const runTypeScript = join(__dirname, '../support/run-typescript.js')
  const order: StalledOrder = { tracks: LISTENERS + 1, bytes: TRACK, secret: SECRET }
  return spawn(process.execPath, ['--expose-gc', '-r', runTypeScript, program, JSON.stringify(order)], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
}

function pathOf(index: number): string {
  return `/track${index}?${queryFor(`track${index}`)}`
}

it('keeps its memory within the budget, and 64 KiB for each listener', async () => {
  const child = start()
  const ended = new AbortController()
  child.once('exit', code => {
    ended.abort(new Error(`The server ended with exit code ${code}`))
  })
  const { signal } = ended
  try {
    const [port] = (await once(child, 'message', { signal })) as [number]
    async function measure(): Promise<Memory> {
      child.send('how much?')
      const [memory] = (await once(child, 'message', { signal })) as [Memory]
      return memory
    }
    const before = await measure()

    const listeners = Array.from({ length: LISTENERS }, (_, index) => {
      const socket = connectTo(port, `GET ${pathOf(index)} HTTP/1.1\r\nHost: localhost\r\n\r\n`)
      return socket.pause()
    })
    await Promise.all(listeners.map(socket => once(socket, 'connect')))
    let during = await measure()
    for (let calls = 0; during.calls > calls || during.live > 0 || calls < LISTENERS;) {
      calls = during.calls
      await sleep(LOOK)
      during = await measure()
    }
    expect(during.completions).toBe(0)
    expect(during.arrayBuffers - before.arrayBuffers).toBeLessThanOrEqual(
      BUDGET + LISTENERS * 64 * KIBIBYTE + SPARE,
    )

    const asked = performance.now()
    const answer = await ask(port, pathOf(LISTENERS))
    expect([answer.status, answer.body.length]).toEqual([200, TRACK])
    expect(performance.now() - asked).toBeLessThan(5000)

    for (const socket of listeners) socket.destroy()
    let after = await measure()
    // Memory that a collection has found is freed a little later.
    while (
      after.completions <= LISTENERS ||
      after.live > 0 ||
      after.arrayBuffers - before.arrayBuffers > BUDGET + SPARE
    ) {
      await sleep(LOOK)
      after = await measure()
    }
    expect(after.faults).toEqual([])
    console.info({ before, during, after })
  } finally {
    if (!signal.aborted) {
      const exited = once(child, 'exit')
      child.disconnect()
      await exited
    }
  }
})
