/** The responses in progress of any kind, and the connections that a drain must close after them. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

export interface ActiveResponse {
  readonly req: IncomingMessage
  readonly res: ServerResponse
  /** Whether a track was requested. */
  readonly isStream: boolean
  /** By `performance.now()`. */
  readonly startedAt: number
  /** Called when it has ended in any way. */
  readonly onEnd?: ((response: ActiveResponse) => void) | undefined
}

/**
 * - `serving`: normal operation
 * - `deregistering`: /readyz responds with 503, so that load balancers react; all requests are still served
 * - `draining`: responses in progress may finish, and their connections close
 */
export type Phase = 'serving' | 'deregistering' | 'draining'

export class Traffic {
  #phase: Phase = 'serving'
  readonly #responses = new Set<ActiveResponse>()
  #onEnd: (() => void) | undefined

  get phase(): Phase {
    return this.#phase
  }

  /** How many streams are in progress. */
  get streams(): number {
    return this.#ofStreams().length
  }

  /**
   * Whether a stream has had no head for `milliseconds`, and so waits for the storage. A pipelined one, whose response
   * has no socket before its turn, does not count.
   */
  isWaitingForStorage(milliseconds: number): boolean {
    const since = performance.now() - milliseconds
    return this.#ofStreams().some(
      ({ res, startedAt }) => !res.headersSent && res.socket !== null && startedAt < since,
    )
  }

  /**
   * Follows the response that `respond` makes. It listens to the response only afterwards: for one that somebody listens to,
   * the package sets all fields one by one, so that they can be read.
   */
  follow(response: ActiveResponse, respond: () => void): void {
    this.#responses.add(response)
    if (this.#phase === 'draining') closeAfterResponse(response)
    const { req, res } = response
    expectEnd(req.socket, res).push(() => {
      this.#end(response)
    })
    try {
      respond()
    } finally {
      listenForEnd(res)
    }
  }

  #end(response: ActiveResponse): void {
    this.#responses.delete(response)
    response.onEnd?.(response)
    const { socket } = response.req
    if (this.#phase === 'draining' && pendingOn(socket) === 0) socket.destroySoon()
    this.#onEnd?.()
  }

  deregister(): void {
    this.#phase = 'deregistering'
  }

  /** From now on, each connection closes after its response. */
  drain(): void {
    this.#phase = 'draining'
    for (const response of this.#responses) closeAfterResponse(response)
  }

  /** Resolves when the last response has ended, except event streams, which never end; or after `timeout`. */
  async settled(timeout: number): Promise<void> {
    await new Promise<void>(resolve => {
      const timer = setTimeout(resolve, timeout)
      this.#onEnd = () => {
        if (Array.from(this.#responses).some(({ res }) => !isEventStream(res))) return
        clearTimeout(timer)
        resolve()
      }
      this.#onEnd()
    })
    this.#onEnd = undefined
  }

  #ofStreams(): readonly ActiveResponse[] {
    return Array.from(this.#responses).filter(({ isStream }) => isStream)
  }
}

/** If the head is sent already, `follow` closes the connection. */
function closeAfterResponse({ res }: ActiveResponse): void {
  if (!res.headersSent) res.setHeader('Connection', 'close')
}

function isEventStream(res: ServerResponse): boolean {
  return String(res.getHeader('Content-Type')).startsWith('text/event-stream')
}

/** What to call when a response has ended. */
type Callbacks = (() => void)[]

/** By connection, the responses that have not ended. */
const pending = new WeakMap<Socket, Map<ServerResponse, Callbacks>>()

/** The responses that are listened to. */
const listened = new WeakSet<ServerResponse>()

/**
 * Calls `done` once, when the response has ended in any way. A pipelined response emits nothing if its connection closes
 * before its turn, so the connection is watched too.
 */
export function afterResponse({ socket }: IncomingMessage, res: ServerResponse, done: () => void): void {
  expectEnd(socket, res).push(done)
  listenForEnd(res)
}

/** As `afterResponse`, for one that a `Traffic` follows. It does not listen to the response before that does. */
export function whenFollowedEnds({ socket }: IncomingMessage, res: ServerResponse, done: () => void): void {
  expectEnd(socket, res).push(done)
}

function expectEnd(socket: Socket, res: ServerResponse): Callbacks {
  const responses = pending.get(socket) ?? watch(socket)
  const known = responses.get(res)
  if (known !== undefined) return known
  const callbacks: Callbacks = []
  responses.set(res, callbacks)
  return callbacks
}

function listenForEnd(res: ServerResponse): void {
  if (listened.has(res)) return
  listened.add(res)
  res.on('close', onClose)
}

/** One function for all responses. */
function onClose(this: ServerResponse): void {
  const responses = pending.get(this.req.socket)
  if (responses !== undefined) finish(responses, this)
}

function watch(socket: Socket): Map<ServerResponse, Callbacks> {
  const responses = new Map<ServerResponse, Callbacks>()
  pending.set(socket, responses)
  socket.once('close', () => {
    for (const res of responses.keys()) finish(responses, res)
  })
  return responses
}

function finish(responses: Map<ServerResponse, Callbacks>, res: ServerResponse): void {
  const callbacks = responses.get(res) ?? []
  responses.delete(res)
  for (const done of callbacks) done()
}

/** The number of responses of a connection that have not ended. */
export function pendingOn(socket: Socket): number {
  return pending.get(socket)?.size ?? 0
}
