/** What requests share about links, on this node and with others: revocations, sessions, places, streams in progress. */
import { hostname } from 'node:os'
import { randomUUID } from 'node:crypto'
import type { MaybePromise } from '../callbacks'
import type { StreamLogger } from '../logger'
import { textOfFault } from '../warn-once'
import { LinkSessions } from './link-sessions'
import { RevocationList } from './revocation-list'
import { RevocationSync } from './revocation-sync'
import { SharedState, UNHURRIED_LIMIT } from './shared-state'
import {
  sharesListeners,
  type LinkState,
  type RevocationEntry,
  type RevocationState,
} from './state/link-state'
import { MemoryState } from './state/memory-state'
import { StreamPlaces, type OnLimit, type Place } from './stream-places'
import { StreamRegistry, type OpenStream } from './stream-registry'

export interface LinkSharesSettings {
  /** Undefined for this process alone. */
  readonly state: LinkState | RevocationState | undefined
  readonly maxRevocations: number
  readonly onLimit: OnLimit
  readonly logger: StreamLogger | undefined
  /** Seconds since the epoch. */
  readonly now: () => number
}

/** Milliseconds. */
const INTERVAL = 1000
/** Seconds for which other nodes list the streams of one that went away. */
const PUBLISHED_FOR = 10
const MAX_PUBLISHED = 1000

export class LinkShares {
  readonly revocations: RevocationList
  readonly sessions: LinkSessions
  readonly streams = new StreamRegistry()
  readonly #settings: LinkSharesSettings
  readonly #places: StreamPlaces
  readonly #shared: SharedState<RevocationState> | undefined
  readonly #sync: RevocationSync | undefined
  /** The name of this node beside the streams that it publishes. */
  readonly #node = `${hostname()} ${process.pid} ${randomUUID().slice(0, 8)}`
  #hasPublished = false
  #timer: NodeJS.Timeout | undefined

  constructor(settings: LinkSharesSettings) {
    const { state, maxRevocations, onLimit, logger } = settings
    this.#settings = settings
    this.revocations = new RevocationList(maxRevocations)
    const own = new MemoryState()
    const hooks = {
      onAway: (cause: unknown) => {
        warn(logger, cause)
      },
      onBack: () => {
        logger?.info({}, 'The state of links responds again')
        this.sessions.saveAll()
      },
    }
    const listeners = state && sharesListeners(state) ? new SharedState(state, hooks) : undefined
    this.#shared = listeners ?? (state && new SharedState<RevocationState>(state, hooks, UNHURRIED_LIMIT))
    this.sessions = new LinkSessions(own.listeners, listeners)
    this.#places = new StreamPlaces(own.places, listeners, onLimit, (subject, keys) => {
      this.#endDisplaced(subject, keys)
    })
    if (this.#shared === undefined) return
    this.#sync = new RevocationSync(this.revocations, this.#shared, {
      onEntries: entries => {
        this.#learn(entries)
      },
      max: maxRevocations,
      now: settings.now,
    })
    this.#startTimer()
    void this.#sync.poll()
  }

  /** Whether it is known what was revoked. */
  get isReady(): boolean {
    return this.#sync?.isReady ?? true
  }

  takePlace(subject: string, keys: readonly string[], limit: number): MaybePromise<Place | undefined> {
    this.#startTimer()
    const place = this.#places.take(subject, keys, limit)
    if (this.#settings.onLimit === 'endOldest') this.#renewAll(subject, place)
    return place
  }

  open(stream: OpenStream): void {
    this.streams.add(stream)
  }

  /** @param stream undefined if it was over before anybody could look at it */
  close(stream: OpenStream | undefined, place: Place | undefined): void {
    if (stream !== undefined) this.streams.delete(stream)
    if (place !== undefined) this.#places.keep(place)
  }

  /**
   * Revokes here at once.
   *
   * @returns how many streams in progress ended
   * @throws RevocationListFull
   */
  revokeHere(entry: RevocationEntry): number {
    this.revocations.add(entry, this.#settings.now())
    return entry.endsStreams ? this.#endRevoked() : 0
  }

  /** How many streams in progress `entry` would end. */
  countEndedBy(entry: RevocationEntry): number {
    const alone = new RevocationList(1)
    alone.add(entry, this.#settings.now())
    return this.streams.all().filter(({ link }) => alone.endsStreams(link)).length
  }

  /** @throws (rejects with) what the shared state fails with; it is tried again */
  async revokeElsewhere(entry: RevocationEntry): Promise<void> {
    await this.#sync?.add(entry)
  }

  stop(): void {
    clearInterval(this.#timer)
    this.#timer = undefined
  }

  #startTimer(): void {
    this.#timer ??= setInterval(() => {
      this.#tick()
    }, INTERVAL).unref()
  }

  #tick(): void {
    void this.#sync?.poll()
    for (const { place } of this.streams.all()) if (place !== undefined) this.#places.renewIfDue(place)
    this.#publish()
  }

  #publish(): void {
    if (this.#shared === undefined || (this.streams.size === 0 && !this.#hasPublished)) return
    this.#hasPublished = this.streams.size > 0
    const texts = this.streams
      .list()
      .slice(0, MAX_PUBLISHED)
      .map(stream => JSON.stringify({ ...stream, node: this.#node }))
    const published = this.#shared.call(state => state.streams?.publish(this.#node, texts, PUBLISHED_FOR))
    if (published instanceof Promise) published.catch(() => undefined)
  }

  /** Entries that another node added. */
  #learn(entries: readonly RevocationEntry[]): void {
    const now = this.#settings.now()
    for (const entry of entries) {
      if (entry.kind === 'stream') this.streams.endById(entry.value)
      else if (entry.until === undefined || entry.until >= now) this.#addLearnt(entry, now)
    }
    if (entries.some(({ endsStreams }) => endsStreams)) this.#endRevoked()
  }

  #addLearnt(entry: RevocationEntry, now: number): void {
    try {
      this.revocations.add(entry, now)
    } catch (error) {
      // The lists of all nodes have one capacity, unless they are configured otherwise.
      warn(this.#settings.logger, error)
    }
  }

  #endRevoked(): number {
    const revoked = this.streams.all().filter(({ link }) => this.revocations.endsStreams(link))
    for (const stream of revoked) this.streams.end(stream, 'revoked')
    return revoked.length
  }

  #endDisplaced(subject: string, keys: readonly string[]): void {
    for (const stream of this.streams.all()) {
      const { place } = stream
      if (place?.subject === subject && place.keys.some(key => keys.includes(key))) {
        this.streams.end(stream, 'displaced')
      }
    }
  }

  /** After a place was taken, ends the streams of the listener who lost one; on other nodes, within the time of a renewal. */
  #renewAll(subject: string, taken: MaybePromise<Place | undefined>): void {
    if (taken instanceof Promise) {
      taken.then(
        place => {
          this.#renewAll(subject, place)
        },
        () => undefined,
      )
      return
    }
    if (taken?.isNew !== true) return
    for (const { place } of this.streams.all()) {
      if (place?.subject === subject) this.#places.renew(place)
    }
  }
}

function warn(logger: StreamLogger | undefined, error: unknown): void {
  if (logger !== undefined) {
    logger.warn({ err: error }, 'The state of links does not respond')
    return
  }
  process.emitWarning(`The state of links does not respond: ${textOfFault(error)}`, {
    code: 'EXPRESS_SIGNED_STREAM_STATE',
  })
}
