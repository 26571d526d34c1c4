/**
 * What several nodes share about links: who began, who listens, what was revoked. Every operation may be repeated without
 * harm, because a client of a data base repeats what timed out. Times are relative, so that clocks need not agree.
 */

import type { MaybePromise } from '../../callbacks'

/** A keeper of shared state. A promise that it returns may reject at any time; the caller has a time limit of its own. */
export interface LinkState {
  /**
   * Notes that a listener begins with a link.
   *
   * @param link the name of the link
   * @param keys all by which the listener may be recognised; one that is known makes the others known, up to 16 keys of
   *   one listener
   * @returns `known` if any key is; else `begun`, or `full` if `limit` listeners have begun
   */
  begin(
    link: string,
    keys: readonly string[],
    options: BeginOptions,
  ): MaybePromise<'begun' | 'known' | 'full'>
  /**
   * Takes a place among those who listen at a time, or keeps the one that the listener has.
   *
   * @param subject what is limited: a listener's pseudonym, or a link
   * @returns `held`; `full` if `limit` others listen; `displaced` if another listener took this one's place less than
   *   30 seconds ago
   */
  hold(
    subject: string,
    keys: readonly string[],
    options: HoldOptions,
  ): MaybePromise<'held' | 'full' | 'displaced'>
  readonly revocations: {
    /**
     * Adds an entry to the list, or keeps it.
     *
     * @throws (or rejects with) RevocationListFull if it holds `max` entries that have not ended
     */
    add(entry: RevocationEntry, options: AddOptions): MaybePromise<void>
    /**
     * Reads what was added since `cursor`, or the list from its beginning if that is unknown.
     *
     * @param cursor of the last page; undefined for the first
     */
    read(cursor: string | undefined): MaybePromise<RevocationPage>
  }
  /** The streams in progress of all nodes, for operators; absent if the keeper cannot share them. */
  readonly streams?: {
    /** Replaces what `node` published before. It is forgotten after `seconds`. */
    publish(node: string, streams: readonly string[], seconds: number): MaybePromise<void>
    /** What all nodes have published. */
    read(): MaybePromise<readonly string[]>
  }
}

/** A keeper of revocations alone: sessions, uses and places stay with each process. */
export type RevocationState = Pick<LinkState, 'revocations' | 'streams'>

export function sharesListeners(state: LinkState | RevocationState): state is LinkState {
  return 'begin' in state && typeof state.begin === 'function'
}

export interface BeginOptions {
  /** How many may begin; 0 only asks, and notes nobody new. */
  readonly limit: number
  /** Seconds until the link can be continued no longer. */
  readonly seconds: number
}

export interface HoldOptions {
  readonly limit: number
  /** Seconds after which the place is free, unless it is held again. */
  readonly seconds: number
  /** What happens if all places are taken: this one is refused, or the one that began first loses its place. */
  readonly onLimit: 'refuse' | 'endOldest'
  /** Whether the listener has a stream in progress, and so keeps its place whatever the limit, unless it was displaced. */
  readonly isListening: boolean
}

/** For so long, a displaced listener does not get its place back: players repeat by themselves. */
export const DISPLACED_SECONDS = 30

/** Keys of one listener. */
export const MAX_KEYS = 16

/** What is revoked: a link that was signed at `before` or earlier, if the handle is its own. */
export interface RevocationEntry {
  readonly kind: RevocationKind
  /** Of the handle; empty for `all`. */
  readonly value: string
  /** Seconds since the epoch. */
  readonly before: number
  /** Seconds since the epoch after which no such link can be valid; undefined to keep the entry. */
  readonly until: number | undefined
  /** Whether streams in progress end. */
  readonly endsStreams: boolean
}

/** `stream` names one stream in progress, and no link. */
export type RevocationKind = 'link' | 'listener' | 'track' | 'key' | 'all' | 'stream'

export interface AddOptions {
  readonly max: number
  /** Seconds since the epoch, by the clock of the links: entries that ended are forgotten. */
  readonly now: number
}

export interface RevocationPage {
  readonly entries: readonly RevocationEntry[]
  /** For the next call. */
  readonly cursor: string
  /** Whether this is the first page of the whole list: what a node knows beside it is lacking there. */
  readonly isStart: boolean
  /** Whether there are more entries to read at once. */
  readonly hasMore: boolean
}

/** The list of revocations is full, so the new one was not added. No other one is forgotten to make room. */
export class RevocationListFull extends Error {
  override readonly name = 'RevocationListFull'

  constructor(max: number) {
    super(
      `Cannot revoke: the list holds ${max} entries. Revoke all links signed until now by { before }, or change the secret`,
    )
  }
}
