/**
 * How many streams each client may have at a time, over all workers: the primary process gives out places, which a worker
 * keeps for a while and uses for one stream after the other, so that most streams need no message. If no place is free, the other
 * workers return those that they do not use, so the limit is exact. A worker that ends leaves none behind.
 */
import type { Channel } from './channel'

/** What a worker sends as `places wanted`. It wants more of a client only when it has got the response. */
export interface PlacesWanted {
  readonly client: string
  readonly count: number
}

/** What a worker gets as `places granted`: fewer than it wanted if there are no more. */
export type PlacesGranted = PlacesWanted

/** What a worker sends as `places returned`: clients, and how many places of each. */
export type PlacesReturned = readonly (readonly [client: string, count: number])[]

/** Milliseconds for a worker to return what it does not use. */
const PATIENCE = 200

type OfPrimary = Pick<Channel, 'on' | 'tell' | 'ask'>

export class ClientPlaces {
  readonly #max: number
  readonly #channels = new Map<number, OfPrimary>()
  /** By client and worker. */
  readonly #held = new Map<string, Map<number, number>>()

  /** @param max the places of each client */
  constructor(max: number) {
    this.#max = max
  }

  /** The clients of which a worker holds a place. */
  get size(): number {
    return this.#held.size
  }

  serve(worker: number, channel: OfPrimary): void {
    this.#channels.set(worker, channel)
    channel.on('places wanted', (wanted: PlacesWanted) => this.#give(worker, wanted))
    channel.on('places returned', (returned: PlacesReturned) => {
      for (const [client, count] of returned) this.#change(client, worker, -count)
    })
  }

  /** Frees the places of a worker that has ended. */
  forget(worker: number): void {
    this.#channels.delete(worker)
    for (const [client, held] of this.#held) {
      held.delete(worker)
      if (held.size === 0) this.#held.delete(client)
    }
  }

  /** Never rejects. */
  async #give(worker: number, { client, count }: PlacesWanted): Promise<void> {
    let granted = this.#take(client, worker, count)
    if (granted < count) {
      await this.#askForReturns(client, worker)
      granted += this.#take(client, worker, count - granted)
    }
    this.#channels.get(worker)?.tell('places granted', { client, count: granted } satisfies PlacesGranted)
  }

  #take(client: string, worker: number, wanted: number): number {
    // It may have ended meanwhile.
    if (!this.#channels.has(worker)) return 0
    const held = Array.from(this.#held.get(client)?.values() ?? []).reduce((sum, count) => sum + count, 0)
    const taken = Math.max(0, Math.min(wanted, this.#max - held))
    this.#change(client, worker, taken)
    return taken
  }

  async #askForReturns(client: string, wantedBy: number): Promise<void> {
    const holders = Array.from(this.#held.get(client)?.keys() ?? []).filter(worker => worker !== wantedBy)
    // Each sends what it returns before its response, also one that responds too late.
    await Promise.allSettled(
      holders.map(async worker => {
        await this.#channels.get(worker)?.ask('return places', client, { patience: PATIENCE })
      }),
    )
  }

  #change(client: string, worker: number, change: number): void {
    const held = this.#held.get(client) ?? new Map<number, number>()
    const count = (held.get(worker) ?? 0) + change
    if (count > 0) held.set(worker, count)
    else held.delete(worker)
    if (held.size > 0) this.#held.set(client, held)
    else this.#held.delete(client)
  }
}
