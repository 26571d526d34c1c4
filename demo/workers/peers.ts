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
  /** Answers questions, and takes what it is told, of this name. */
  on(name: string, handler: Handler): void
  /** Tells the primary process. */
  tell(name: string, value: unknown): void
  /** Asks the primary process. */
  ask(name: string, value: unknown, patience?: number): Promise<unknown>
  /** Tells all other workers. */
  tellOthers(name: string, value: unknown): void
  /** @returns the answers of the other workers that answer in time; never rejects */
  askOthers(name: string, value: unknown): Promise<readonly unknown[]>
}

/** What a worker relays to the others. */
export interface Relayed {
  readonly name: string
  readonly value: unknown
}

/** @returns undefined if this process is no worker */
export function joinPeers(): Peers | undefined {
  const { worker } = cluster
  if (worker === undefined) return undefined
  const channel = new Channel(message => {
    // The callback takes the error of a channel that is closed.
    if (process.connected) process.send?.(message, undefined, undefined, () => undefined)
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
      channel.tell('others told', { name, value } satisfies Relayed)
    },
    async askOthers(name, value) {
      // Longer than the primary process waits for them.
      const answers = await ask('others', { name, value } satisfies Relayed, 2000).catch(() => [])
      return answers as unknown[]
    },
  }
}
