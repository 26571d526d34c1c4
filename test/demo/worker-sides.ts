/** Several workers of one server, as a test reaches them: by connections that are kept alive, each with one of them. */
import { once } from 'node:events'
import { Agent, get, request, type IncomingMessage } from 'node:http'
import { ask, type Answer, type Question } from '../support/client'
import { Run } from '../support/demo-program'
import { eventually } from '../support/eventually'

const JSON_BODY = { 'Content-Type': 'application/json' }

/** A connection to one worker, which is kept alive. */
export interface Side {
  readonly worker: number
  ask(path: string, question?: Question): Promise<Answer>
  post(path: string, body: object): Promise<Answer>
  /** A listener that has the start of the track and reads no further. */
  listen(path: string): Promise<IncomingMessage>
}

/** Starts two workers, whose log says which of them had a request. */
export function startWorkers(audio: string, environment: Readonly<Record<string, string>> = {}): Run {
  return new Run({
    WORKERS: '2',
    AUDIO_DIR: audio,
    DRAIN_TIMEOUT: '1h',
    STALL_TIMEOUT: '0',
    METRICS_PORT: '0',
    LOG_LEVEL: 'debug',
    ...environment,
  })
}

let connections = 0

export async function connectTo(run: Run, port: number): Promise<Side> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  const id = `connection-${++connections}`
  await ask(port, `/nothing/${id}`, { agent, headers: { 'X-Request-Id': id } })
  const worker = await eventually(
    () => run.log.find(entry => entry['request_id'] === id)?.['worker'] as number | undefined,
    'the request is logged',
  )
  return {
    worker,
    ask: (path, question) => ask(port, path, { agent, ...question }),
    async post(path, body) {
      const req = request({ host: '127.0.0.1', port, path, agent, method: 'POST', headers: JSON_BODY })
      req.end(JSON.stringify(body))
      const [res] = (await once(req, 'response')) as [IncomingMessage]
      const chunks: Buffer[] = []
      for await (const chunk of res) chunks.push(chunk as Buffer)
      return { status: res.statusCode ?? 0, headers: res.headers, body: Buffer.concat(chunks) }
    },
    async listen(path) {
      const req = get({ host: '127.0.0.1', port, path, agent })
      const [res] = (await once(req, 'response')) as [IncomingMessage]
      // A reset of the connection is also one of the request; the test reads it from the response.
      req.on('error', () => undefined)
      await once(res, 'readable')
      return res
    },
  }
}

/** Connections to two workers. */
export async function bothSides(run: Run): Promise<[Side, Side]> {
  const port = await run.port()
  const first = await connectTo(run, port)
  let second = await connectTo(run, port)
  while (second.worker === first.worker) second = await connectTo(run, port)
  return [first, second]
}

export async function sign(side: Side, query = ''): Promise<string> {
  const { body } = await side.ask(`/api/sign/track1?expiresIn=600${query}`)
  return (JSON.parse(body.toString()) as { url: string }).url
}

/** Reads on; resolves with the number of bytes if the track came to its end. */
export async function readOn(res: IncomingMessage): Promise<number | undefined> {
  let bytes = 0
  try {
    for await (const chunk of res) bytes += (chunk as Buffer).length
  } catch {
    return undefined
  }
  return res.complete ? bytes : undefined
}

export function pidOf(worker: number, run: Run): number {
  const entry = run.log.find(({ msg, worker: id }) => msg === 'Worker started' && id === worker)
  return Number(entry?.['pid'])
}

export async function metricsOf(run: Run): Promise<string> {
  const { metrics } = await run.logged('Listening')
  return (await ask(Number(new URL(String(metrics)).port), '/metrics')).body.toString()
}

export function sample(text: string, name: string): number {
  const line = text.split('\n').find(candidate => candidate.startsWith(`${name} `))
  return line === undefined ? NaN : Number(line.slice(name.length + 1))
}

/** A listener with a connection of its own, who reads no further than the head. */
export async function listenAnew(port: number, path: string): Promise<IncomingMessage> {
  const req = get({ host: '127.0.0.1', port, path, agent: false })
  req.on('error', () => undefined)
  const [res] = (await once(req, 'response')) as [IncomingMessage]
  return res.on('error', () => undefined)
}

/** Stops a process, as if it hung, until the end of the block or `goOn`. */
export function hang(pid: number): Disposable & { goOn(): void } {
  process.kill(pid, 'SIGSTOP')
  function goOn(): void {
    try {
      process.kill(pid, 'SIGCONT')
    } catch {
      // It has ended.
    }
  }
  return { goOn, [Symbol.dispose]: goOn }
}

/** Whether there is a process. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
