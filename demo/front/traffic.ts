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

interface Followed {
  readonly response: ActiveResponse
  /** Its place in the list. */
  index: number
}

export class Traffic {
  #phase: Phase = 'serving'
  /** In any order. Not a `Set`, which would keep those that have ended from most collections of garbage. */
  readonly #followed: Followed[] = []
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
    const followed = { response, index: this.#followed.length }
    this.#followed.push(followed)
    if (this.#phase === 'draining') closeAfterResponse(response)
    const { req, res } = response
    const expected = expectEnd(req.socket, res)
    expected.callbacks.push(() => {
      this.#end(followed)
    })
    try {
      respond()
    } finally {
      listenForEnd(expected)
    }
  }

  #end(followed: Followed): void {
    const { response, index } = followed
    const last = this.#followed.pop()
    if (last !== undefined && last !== followed) {
      this.#followed[index] = last
      last.index = index
    }
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
    for (const { response } of this.#followed) closeAfterResponse(response)
  }

  /** Resolves when the last response has ended, except event streams, which never end; or after `timeout`. */
  async settled(timeout: number): Promise<void> {
    await new Promise<void>(resolve => {
      const timer = setTimeout(resolve, timeout)
      this.#onEnd = () => {
        if (this.#followed.some(({ response }) => !isEventStream(response.res))) return
        clearTimeout(timer)
        resolve()
      }
      this.#onEnd()
    })
    this.#onEnd = undefined
  }

  #ofStreams(): readonly ActiveResponse[] {
    return this.#followed.map(({ response }) => response).filter(({ isStream }) => isStream)
  }
}

/** If the head is sent already, `follow` closes the connection. */
function closeAfterResponse({ res }: ActiveResponse): void {
  if (!res.headersSent) res.setHeader('Connection', 'close')
}

function isEventStream(res: ServerResponse): boolean {
  return String(res.getHeader('Content-Type')).startsWith('text/event-stream')
}

/** A response that has not ended. */
interface Pending {
  readonly res: ServerResponse
  /** What to call when it has ended. */
  readonly callbacks: (() => void)[]
  isListenedTo: boolean
}

/** By connection, in the order in which they began: mostly one, and at most as many as a connection may have waiting. */
const pending = new WeakMap<Socket, Pending[]>()

/**
 * Calls `done` once, when the response has ended in any way. A pipelined response emits nothing if its connection closes
 * before its turn, so the connection is watched too.
 */
export function afterResponse({ socket }: IncomingMessage, res: ServerResponse, done: () => void): void {
  const expected = expectEnd(socket, res)
  expected.callbacks.push(done)
  listenForEnd(expected)
}

/** As `afterResponse`, for one that a `Traffic` follows. It does not listen to the response before that does. */
export function whenFollowedEnds({ socket }: IncomingMessage, res: ServerResponse, done: () => void): void {
  expectEnd(socket, res).callbacks.push(done)
}

function expectEnd(socket: Socket, res: ServerResponse): Pending {
  const responses = pending.get(socket) ?? watch(socket)
  const known = responses.find(response => response.res === res)
  if (known !== undefined) return known
  const expected = { res, callbacks: [], isListenedTo: false }
  responses.push(expected)
  return expected
}

function listenForEnd(response: Pending): void {
  if (response.isListenedTo) return
  response.isListenedTo = true
  response.res.on('close', onClose)
}

/** One function for all responses. */
function onClose(this: ServerResponse): void {
  const responses = pending.get(this.req.socket)
  if (responses !== undefined) finish(responses, this)
}

function watch(socket: Socket): Pending[] {
  const responses: Pending[] = []
  pending.set(socket, responses)
  socket.once('close', () => {
    for (const { res } of responses.slice()) finish(responses, res)
  })
  return responses
}

function finish(responses: Pending[], res: ServerResponse): void {
  const index = responses.findIndex(response => response.res === res)
  const [ended] = index < 0 ? [] : responses.splice(index, 1)
  for (const done of ended?.callbacks ?? []) done()
}

/** The number of responses of a connection that have not ended. */
export function pendingOn(socket: Socket): number {
  return pending.get(socket)?.length ?? 0
}
