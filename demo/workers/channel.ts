/** Requests and responses between two processes, over the channel that Node opens between a process and its child. */

/** Handles a request or a notice. Gets the number of the worker that it comes from, if another one relays it. */
export type Handler = (value: never, from: number) => unknown

type Message =
  | { readonly kind: 'tell'; readonly name: string; readonly value: unknown; readonly from: number }
  | {
      readonly kind: 'ask'
      readonly id: number
      readonly name: string
      readonly value: unknown
      readonly from: number
    }
  | { readonly kind: 'answer'; readonly id: number; readonly value: unknown }
  | { readonly kind: 'fault'; readonly id: number; readonly name: string; readonly message: string }

interface Pending {
  readonly resolve: (value: unknown) => void
  readonly reject: (error: Error) => void
  readonly timer: NodeJS.Timeout
}

/** Beside messages of other modules on the same channel. */
const ENVELOPE = 'signedStream'

/** Milliseconds for a response. */
const PATIENCE = 1000

/** Messages that the system has not taken yet, because the other process does not read. Each occupies memory here. */
const MAX_UNSENT = 1000

/**
 * Hands a message over to the other process. Faults of it are ignored.
 *
 * @param onSent called when the system has taken the message, or given it up
 */
export type Send = (message: object, onSent: () => void) => void

export class Channel {
  readonly #send: Send
  readonly #handlers = new Map<string, Handler>()
  readonly #pending = new Map<number, Pending>()
  #lastId = 0
  #unsent = 0
  #state: 'open' | 'closed' = 'open'

  constructor(send: Send) {
    this.#send = send
  }

  /** Whether the other process has not read for so long that only what must reach it is sent. */
  get isFull(): boolean {
    return this.#unsent >= MAX_UNSENT
  }

  /** Calls `handler` for each message of this name. What it returns, or resolves with, is the response. */
  on(name: string, handler: Handler): void {
    this.#handlers.set(name, handler)
  }

  tell(name: string, value: unknown, from = 0): void {
    this.#post({ kind: 'tell', name, value, from })
  }

  /** As `tell`, but drops the message while the channel is full. */
  tellIfRoom(name: string, value: unknown, from = 0): void {
    if (!this.isFull) this.tell(name, value, from)
  }

  /**
   * @throws (rejects with) what the handler fails with, or an error if there is no response in time, or if the channel is
   *   closed or full
   */
  ask(name: string, value: unknown, { patience = PATIENCE, from = 0 } = {}): Promise<unknown> {
    if (this.#state === 'closed') return Promise.reject(new Error('The other process has ended'))
    if (this.isFull) return Promise.reject(new Error('The other process does not read'))
    const id = ++this.#lastId
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#pending.delete(id)
        reject(new Error(`No response within ${patience} ms`))
      }, patience).unref()
      this.#pending.set(id, { resolve, reject, timer })
      this.#post({ kind: 'ask', id, name, value, from })
    })
  }

  /** Called with each message of the other process. */
  receive(envelope: unknown): void {
    if (this.#state === 'closed') return
    const message = (Object(envelope) as { [ENVELOPE]?: Message })[ENVELOPE]
    switch (message?.kind) {
      case 'tell':
        this.#handlers.get(message.name)?.(message.value as never, message.from)
        break
      case 'ask':
        void this.#reply(message)
        break
      case 'answer':
        this.#take(message.id)?.resolve(message.value)
        break
      case 'fault':
        this.#take(message.id)?.reject(
          Object.assign(new Error(message.message), { name: message.name, stack: undefined }),
        )
        break
      case undefined:
    }
  }

  /** Rejects all pending requests. */
  close(): void {
    this.#state = 'closed'
    for (const id of Array.from(this.#pending.keys())) {
      this.#take(id)?.reject(new Error('The other process has ended'))
    }
  }

  async #reply({ id, name, value, from }: Extract<Message, { kind: 'ask' }>): Promise<void> {
    try {
      const handler = this.#handlers.get(name)
      if (handler === undefined) throw new Error(`No handler of ${name}`)
      this.#post({ kind: 'answer', id, value: await handler(value as never, from) })
    } catch (error) {
      const { name: errorName, message } = error instanceof Error ? error : new Error(String(error))
      this.#post({ kind: 'fault', id, name: errorName, message })
    }
  }

  #take(id: number): Pending | undefined {
    const pending = this.#pending.get(id)
    clearTimeout(pending?.timer)
    this.#pending.delete(id)
    return pending
  }

  #post(message: Message): void {
    if (this.#state === 'closed') return
    this.#unsent += 1
    try {
      this.#send({ [ENVELOPE]: message }, () => {
        this.#unsent -= 1
      })
    } catch (error) {
      // It holds what no other process can receive.
      this.#unsent -= 1
      throw error
    }
  }
}
