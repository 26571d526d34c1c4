/** What the tests of a source need: the source, and the storage behind it, which they change. */
import { functionRule } from '../option-rules'
import { group, optional, required, type OptionReaders } from '../options'
import type { MaybePromise, TrackSource } from '../source/track-source'

export interface PutDetails {
  /** The media type that the track is to have, such as `audio/flac`. A storage that has one type may ignore it. */
  readonly type: string
}

/** The source under test, and its storage. Each function may return a promise. */
export interface SourceHarness {
  /** A new source over the storage, as another process would make it. */
  readonly make: () => MaybePromise<TrackSource>
  /**
   * Stores a new track. The ids are those that `isTrackId` accepts; most are short and ASCII, some are of other scripts.
   * The bytes are up to 4 MiB, and may be none.
   */
  readonly put: (id: string, bytes: Uint8Array, details: PutDetails) => MaybePromise<unknown>
  /** Gives a track other bytes, in the way in which the app does that. */
  readonly replace: (id: string, bytes: Uint8Array) => MaybePromise<unknown>
  /** Deletes a track. */
  readonly remove: (id: string) => MaybePromise<unknown>
  /** Harm that the storage can be made to do. Each function that is given adds tests. */
  readonly faults?: SourceFaults | undefined
}

/** Ends the fault, so that the storage works again. */
export type EndFault = () => MaybePromise<unknown>

/** Each fault lasts until the function that it returns is called. */
export interface SourceFaults {
  /** From now on, a response with bytes of `id` stops after a part of the first 64 KiB; its connection stays open. */
  readonly stall?: ((id: string) => MaybePromise<EndFault>) | undefined
  /** From now on, the connection of a response with bytes of `id` closes after a part of the first 64 KiB. */
  readonly cut?: ((id: string) => MaybePromise<EndFault>) | undefined
  /** From now on, the storage denies access, as it does when credentials have expired. */
  readonly deny?: (() => MaybePromise<EndFault>) | undefined
  /** From now on, the storage cannot be reached, or responds with errors. */
  readonly fail?: (() => MaybePromise<EndFault>) | undefined
  /**
   * How many sockets, descriptors or the like the source has in use now. What is kept idle for a later use does not
   * count.
   */
  readonly openHandles?: (() => MaybePromise<number>) | undefined
}

const faults = {
  stall: optional(functionRule<NonNullable<SourceFaults['stall']>>('(id) => end')),
  cut: optional(functionRule<NonNullable<SourceFaults['cut']>>('(id) => end')),
  deny: optional(functionRule<NonNullable<SourceFaults['deny']>>('() => end')),
  fail: optional(functionRule<NonNullable<SourceFaults['fail']>>('() => end')),
  openHandles: optional(functionRule<NonNullable<SourceFaults['openHandles']>>('() => number')),
} satisfies OptionReaders<SourceFaults>

export const harnessOptions = {
  make: required(functionRule<SourceHarness['make']>('() => source')),
  put: required(functionRule<SourceHarness['put']>('(id, bytes, { type }) => void')),
  replace: required(functionRule<SourceHarness['replace']>('(id, bytes) => void')),
  remove: required(functionRule<SourceHarness['remove']>('(id) => void')),
  faults: group(faults, 'an object of functions: stall, cut, deny, fail, openHandles'),
} satisfies OptionReaders<SourceHarness>
