/** The answers that are under way, so that none is forgotten when the server comes to its end. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { RequestContext } from './request-context'

export interface Answer {
  readonly req: IncomingMessage
  readonly res: ServerResponse
  readonly context: RequestContext
  /** Whether it is to bring a track. */
  readonly isStream: boolean
  /** By `performance.now()`. */
  readonly startedAt: number
}

/**
 * - `serving`: all is well
 * - `leaving`: load balancers are told, and everybody is still served
 * - `draining`: streams under way come to their end, new ones are refused
 */
export type Phase = 'serving' | 'leaving' | 'draining'

export class Traffic {
  phase: Phase = 'serving'
  readonly #answers = new Set<Answer>()
  #onEnd: (() => void) | undefined

  get answers(): ReadonlySet<Answer> {
    return this.#answers
  }

  get streams(): readonly Answer[] {
    return Array.from(this.#answers).filter(({ isStream }) => isStream)
  }

  /** Whether a stream has waited for its head for `milliseconds`, its turn having come: for the storage, then. */
  isHeldUp(milliseconds: number): boolean {
    const since = performance.now() - milliseconds
    return this.streams.some(
      ({ res, startedAt }) => !res.headersSent && res.socket !== null && startedAt < since,
    )
  }

  follow(answer: Answer): void {
    this.#answers.add(answer)
    if (this.phase === 'draining') sayGoodbye(answer)
    afterAnswer(answer.req, answer.res, () => {
      this.#answers.delete(answer)
      if (this.phase === 'draining' && isQuiet(answer.req.socket)) answer.req.socket.destroySoon()
      this.#onEnd?.()
    })
  }

  /** From now on, each connection ends with its answer. */
  drain(): void {
    this.phase = 'draining'
    for (const answer of this.#answers) sayGoodbye(answer)
  }

  /** Resolves when the last answer has ended, but for streams of events, which have no end; or after `timeout`. */
  async settled(timeout: number): Promise<void> {
    await new Promise<void>(resolve => {
      const timer = setTimeout(resolve, timeout)
      this.#onEnd = () => {
        if (Array.from(this.#answers).some(({ res }) => !isEventStream(res))) return
        clearTimeout(timer)
        resolve()
      }
      this.#onEnd()
    })
    this.#onEnd = undefined
  }
}

/** Where the head is gone already, the connection is ended after the answer. */
function sayGoodbye({ res }: Answer): void {
  if (!res.headersSent) res.setHeader('Connection', 'close')
}

function isEventStream(res: ServerResponse): boolean {
  return String(res.getHeader('Content-Type')).startsWith('text/event-stream')
}

const underWay = new WeakMap<Socket, Set<() => void>>()

/**
 * Calls `done` once, when the answer has ended in whatever way. A pipelined response whose connection goes before its
 * turn is never told; hence the connection is asked too.
 */
export function afterAnswer({ socket }: IncomingMessage, res: ServerResponse, done: () => void): void {
  const waiting = underWay.get(socket) ?? watch(socket)
  function finish(): void {
    if (waiting.delete(finish)) done()
  }
  waiting.add(finish)
  res.once('close', finish)
}

function watch(socket: Socket): Set<() => void> {
  const waiting = new Set<() => void>()
  underWay.set(socket, waiting)
  socket.once('close', () => {
    for (const finish of waiting) finish()
  })
  return waiting
}

/** Requests of a connection whose responses have not ended. */
export function pendingOn(socket: Socket): number {
  return underWay.get(socket)?.size ?? 0
}

function isQuiet(socket: Socket): boolean {
  return pendingOn(socket) === 0
}
