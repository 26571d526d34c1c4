/** Short requests at a steady rate, and how long each took. */
import { Agent, request } from 'node:http'

/** Milliseconds. */
const TIME_LIMIT = 15_000

export interface Series {
  readonly statuses: number[]
  /** Milliseconds until the whole response was there, of those that came. */
  readonly latencies: number[]
  /** Sent, without a response at the end. */
  pending: number
}

/** Asks for what `pathOf` and `range` say every `interval` milliseconds until the signal aborts. */
export async function askSteadily(
  port: number,
  { pathOf, range, interval }: { pathOf: (turn: number) => string; range?: string; interval: number },
  signal: AbortSignal,
): Promise<Series> {
  const agent = new Agent({ keepAlive: true, maxSockets: Infinity })
  const series: Series = { statuses: [], latencies: [], pending: 0 }
  const headers = range === undefined ? {} : { Range: `bytes=${range}` }

  function ask(path: string): void {
    const start = performance.now()
    series.pending++
    const req = request({ port, host: '127.0.0.1', path, headers, agent, timeout: TIME_LIMIT }, res => {
      res.resume().once('end', () => {
        series.pending--
        series.statuses.push(res.statusCode ?? 0)
        series.latencies.push(performance.now() - start)
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
  agent.destroy()
  return series
}
