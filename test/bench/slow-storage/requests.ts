/** Short requests at a steady rate, and how long each took. */
import { Agent, request } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'

/** Milliseconds for which responses are awaited after the last request. */
const LAST_WAIT = 3000

export interface Series {
  /** Milliseconds until the whole response was there, of all requests; infinite if it never came, or was another. */
  readonly latencies: readonly number[]
  /** Responses of another status: refusals, mostly. */
  readonly others: number
  /** Requests without a response. */
  readonly pending: number
}

export interface SteadyRequests {
  readonly pathOf: (turn: number) => string
  readonly range?: string
  /** Milliseconds between two requests. */
  readonly interval: number
  /** The status of the responses that count. */
  readonly status: number
}

/** Asks for what `pathOf` and `range` say until the signal aborts, and then waits for the last responses. */
export async function askSteadily(
  port: number,
  { pathOf, range, interval, status }: SteadyRequests,
  signal: AbortSignal,
): Promise<Series> {
  const agent = new Agent({ keepAlive: true, maxSockets: Infinity })
  const headers = range === undefined ? {} : { Range: `bytes=${range}` }
  const latencies: number[] = []
  let others = 0
  let pending = 0

  function ask(path: string): void {
    const start = performance.now()
    pending++
    const req = request({ port, host: '127.0.0.1', path, headers, agent }, res => {
      res.resume().once('end', () => {
        pending--
        if (res.statusCode === status) latencies.push(performance.now() - start)
        else others++
      })
    })
    req.on('error', () => undefined)
    req.end()
  }

  let turn = 0
  const timer = setInterval(() => {
    ask(pathOf(turn++))
  }, interval)
  await new Promise(resolve => {
    signal.addEventListener('abort', resolve, { once: true })
  })
  clearInterval(timer)
  const end = performance.now() + LAST_WAIT
  while (pending > 0 && performance.now() < end) await sleep(20)
  agent.destroy()
  const infinite = Array<number>(pending + others).fill(Infinity)
  return { latencies: [...latencies, ...infinite], others, pending }
}

/** Asks `times` times, one request after the other. */
export async function askInTurn(port: number, path: string, range: string, times: number): Promise<void> {
  const agent = new Agent({ keepAlive: true })
  for (let turn = 0; turn < times; turn++) {
    await new Promise<void>((resolve, reject) => {
      const headers = { Range: `bytes=${range}` }
      request({ port, host: '127.0.0.1', path, headers, agent }, res => {
        res.resume().once('end', resolve)
      })
        .on('error', reject)
        .end()
    })
  }
  agent.destroy()
}
