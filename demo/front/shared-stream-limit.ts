/**
 * Counts the streams of each client over all workers: a stream needs one of the places that this worker holds for its client,
 * or waits for one more from the primary process (workers/client-places.ts). While that does not respond, nobody waits, and
 * each worker counts for itself, as the package does.
 *
 * Like the package, it counts a request from its turn on its connection, and none that is refused for its link.
 */
import { AsyncResource } from 'node:async_hooks'
import type { ServerResponse } from 'node:http'
import type { Peers } from '../workers/peers'
import type { PlacesGranted, PlacesReturned, PlacesWanted } from '../workers/client-places'
import { clientKey } from './client-address'
import type { AddressedRequest, FindRefusal } from './limits'
import { isStreamRequest } from './request-target'
import { whenFollowedEnds } from './traffic'

/** Calls `proceed` when the request may be served; responds otherwise. Passes on what is no stream. */
export type AdmitStream = (req: AddressedRequest, res: ServerResponse, proceed: () => void) => void

export interface SharedStreamLimit {
  readonly admit: AdmitStream
  close(): void
}

export interface SharedStreamLimitOptions {
  readonly peers: Pick<Peers, 'on' | 'tell'>
  readonly findRefusal: FindRefusal
  /** Responds to a request that is one too many. */
  readonly refuse: (req: AddressedRequest, res: ServerResponse) => void
}

/** Milliseconds for the primary process to grant a place. It may wait for the other workers twice meanwhile. */
const PATIENCE = 1000

/** Milliseconds after which places that were not used are returned: once, or twice as late. */
const RETURN_AFTER = 10_000

interface Client {
  readonly key: string
  /** In progress. */
  streams: number
  /** The most of them since places were last returned. */
  peak: number
  /** Places of this worker. There are more streams if they began while the primary process did not respond. */
  held: number
  /** Requests that wait for the places that were requested, and those that came later; undefined if none were. */
  asked: Set<Waiting> | undefined
  readonly later: Set<Waiting>
}

const UNKNOWN = { streams: 0, held: 0 } as const

type Waiting = (decision: 'granted' | 'refused') => void

/**
 * - `there`: the primary process responds
 * - `away`: it did not in time; what it grants moves it back
 */
type Condition = 'there' | 'away'

export function shareStreamLimit(options: SharedStreamLimitOptions): SharedStreamLimit {
  const limit = new Limit(options)
  return {
    admit: limit.admit.bind(limit),
    close() {
      limit.close()
    },
  }
}

class Limit {
  readonly #options: SharedStreamLimitOptions
  readonly #clients = new Map<string, Client>()
  readonly #timer: NodeJS.Timeout
  #primary: Condition = 'there'

  constructor(options: SharedStreamLimitOptions) {
    this.#options = options
    const { peers } = options
    peers.on('places granted', (granted: PlacesGranted) => {
      this.#onGranted(granted)
    })
    peers.on('return places', (key: string) => {
      const client = this.#clients.get(key)
      const count = client === undefined ? 0 : this.#takeBack(client, client.streams)
      if (count > 0) this.#return([[key, count]])
    })
    this.#timer = setInterval(() => {
      this.#returnUnused()
    }, RETURN_AFTER).unref()
  }

  close(): void {
    clearInterval(this.#timer)
  }

  admit(req: AddressedRequest, res: ServerResponse, proceed: () => void): void {
    if (!isStreamRequest(req)) {
      proceed()
    } else if (res.socket === null && !req.socket.destroyed) {
      const onTurn = AsyncResource.bind(() => {
        this.#admitAtTurn(req, res, proceed)
      })
      // As the package waits for it.
      res.once('socket', () => {
        process.nextTick(onTurn)
      })
    } else {
      this.#admitAtTurn(req, res, proceed)
    }
  }

  #admitAtTurn(req: AddressedRequest, res: ServerResponse, proceed: () => void): void {
    const key = clientKey(req.ip)
    const { streams, held } = this.#clients.get(key) ?? UNKNOWN
    if (streams >= held && this.#options.findRefusal(req.url ?? '') !== undefined) {
      proceed()
      return
    }
    const client = this.#clientOf(key)
    if (streams < held || this.#primary === 'away') this.#begin(client, req, res, proceed)
    else this.#wait(client, req, res, proceed)
  }

  #begin(client: Client, req: AddressedRequest, res: ServerResponse, proceed: () => void): void {
    // Nothing would report its end.
    if (req.socket.destroyed) return
    client.streams += 1
    client.peak = Math.max(client.peak, client.streams)
    whenFollowedEnds(req, res, () => {
      client.streams -= 1
    })
    proceed()
  }

  #wait(client: Client, req: AddressedRequest, res: ServerResponse, proceed: () => void): void {
    const timer = setTimeout(() => {
      this.#primary = 'away'
      decide('granted')
    }, PATIENCE)
    // Otherwise the events of the stream would have the context of the primary process's message.
    const inContext = AsyncResource.bind(proceed)
    const decide: Waiting = decision => {
      clearTimeout(timer)
      client.asked?.delete(decide)
      client.later.delete(decide)
      if (decision === 'granted') this.#begin(client, req, res, inContext)
      else if (!req.socket.destroyed) this.#options.refuse(req, res)
    }
    client.later.add(decide)
    this.#ask(client)
  }

  #ask(client: Client): void {
    if (client.asked !== undefined || client.later.size === 0) return
    client.asked = new Set(client.later)
    client.later.clear()
    const count = client.streams - client.held + client.asked.size
    this.#options.peers.tell('places wanted', { client: client.key, count } satisfies PlacesWanted)
  }

  #onGranted({ client: key, count }: PlacesGranted): void {
    this.#primary = 'there'
    const client = this.#clientOf(key)
    client.held += count
    const asked = Array.from(client.asked ?? [])
    client.asked = undefined
    for (const decide of asked) decide(client.streams < client.held ? 'granted' : 'refused')
    this.#ask(client)
  }

  #returnUnused(): void {
    const returned: [string, number][] = []
    for (const client of this.#clients.values()) {
      const count = this.#takeBack(client, Math.max(client.peak, client.streams))
      if (count > 0) returned.push([client.key, count])
      client.peak = client.streams
      if (client.held === 0 && client.streams === 0 && client.asked === undefined) {
        this.#clients.delete(client.key)
      }
    }
    if (returned.length > 0) this.#return(returned)
  }

  /** @returns how many places of the client are more than `needed`; this worker holds them no longer */
  #takeBack(client: Client, needed: number): number {
    const count = Math.max(0, client.held - needed)
    client.held -= count
    return count
  }

  #return(returned: PlacesReturned): void {
    this.#options.peers.tell('places returned', returned)
  }

  #clientOf(key: string): Client {
    const known = this.#clients.get(key)
    if (known !== undefined) return known
    const client: Client = { key, streams: 0, peak: 0, held: 0, asked: undefined, later: new Set() }
    this.#clients.set(key, client)
    return client
  }
}
