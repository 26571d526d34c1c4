/** The other processes of this server, as one worker sees them: the primary process, and through it the other workers. */
import cluster from 'node:cluster'
import type { LinkState } from 'express-signed-stream'
import { Channel, type Handler } from './channel'
import { stateOfPrimary } from '../links/shared-memory'

export interface Peers {
  /** The number of this worker, which no other one has had. */
  readonly id: number
  /** What all workers share about links, in the memory of the primary process. */
  readonly linkState: LinkState
  /** Handles requests and notices of this name. */
  on(name: string, handler: Handler): void
  /** Notifies the primary process. */
  tell(name: string, value: unknown): void
  /** Sends a request to the primary process. */
  ask(name: string, value: unknown, patience?: number): Promise<unknown>
  /** Notifies all other workers. One that does not read for long misses it. */
  tellOthers(name: string, value: unknown): void
  /** Sends a request to all other workers; never rejects. */
  askOthers<Answer>(name: string, value: unknown): Promise<OthersAnswers<Answer>>
}

export interface OthersAnswers<Answer> {
  /** Of those that respond in time. */
  readonly answers: readonly Answer[]
  /** Whether all of them did. */
  readonly isComplete: boolean
}

/** Milliseconds: longer than the primary process waits for all of them. */
const OTHERS_PATIENCE = 2000

/** What a worker relays to the others. */
export interface Relayed {
  readonly name: string
  readonly value: unknown
}

/** @returns undefined if this process is no worker */
export function joinPeers(): Peers | undefined {
  const { worker } = cluster
  if (worker === undefined) return undefined
  const channel = new Channel((message, onSent) => {
    // The callback also takes the error of a channel that is closed.
    if (process.connected) process.send?.(message, undefined, undefined, onSent)
  })
  process.on('message', message => {
    channel.receive(message)
  })

  function ask(name: string, value: unknown, patience?: number): Promise<unknown> {
    return channel.ask(name, value, patience === undefined ? {} : { patience })
  }

  return {
    id: worker.id,
    linkState: stateOfPrimary(ask),
    on: channel.on.bind(channel),
    tell: channel.tell.bind(channel),
    ask,
    tellOthers(name, value) {
      channel.tellIfRoom('others told', { name, value } satisfies Relayed)
    },
    async askOthers<Answer>(name: string, value: unknown) {
      const relayed: Relayed = { name, value }
      try {
        return (await ask('others', relayed, OTHERS_PATIENCE)) as OthersAnswers<Answer>
      } catch {
        return { answers: [], isComplete: false }
      }
    },
  }
}
