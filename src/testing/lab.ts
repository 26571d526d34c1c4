/** One test of one source: what it makes, opens and stores, and what it must clean up. */
import { Buffer } from 'node:buffer'
import { randomUUID } from 'node:crypto'
import { isUint8Array } from 'node:util/types'
import type {
  OpenContext,
  SourceTrack,
  TrackLocation,
  TrackPrefix,
  TrackSource,
} from '../source/track-source'
import type { SourceFaults, SourceHarness } from './harness'
import { expectThat, Mismatch } from './mismatch'
import { begin, readToEnd, type Range } from './pieces'
import { END_LIMIT, eventually, settle, STEP_LIMIT, within } from './time-limit'

/** What an opening may be given besides the id. */
export type OpenOptions = Partial<Pick<OpenContext, 'want' | 'known' | 'signal'>> & {
  readonly source?: TrackSource
  /** Called when `open` has been called, and may be in progress. */
  readonly onCall?: () => void
}

/** A block, as the router wants it of a track that it does not know yet. */
const FIRST_BLOCK = { first: 0, last: 256 * 1024 - 1 }

/** Seconds since the epoch: the grants of the tests do not expire. */
const FAR_AHEAD = 4_000_000_000

export class Lab {
  readonly source: TrackSource
  readonly #harness: SourceHarness
  readonly #stored = new Set<string>()
  readonly #open = new Set<SourceTrack>()
  readonly #faults: (() => unknown)[] = []
  readonly #name = `contract-${randomUUID()}`
  #ids = 0

  constructor(source: TrackSource, harness: SourceHarness) {
    this.source = source
    this.#harness = harness
  }

  /** An id under which nothing was ever stored. */
  newId(): string {
    return `${this.#name}-${++this.#ids}`
  }

  makeSource(): Promise<TrackSource> {
    return makeSource(this.#harness)
  }

  /** @returns the id */
  async put(bytes: Uint8Array, { type = 'audio/mpeg', id = this.newId() } = {}): Promise<string> {
    this.#stored.add(id)
    // A copy, so that a storage that keeps or changes it does not change what is expected.
    await this.#harness.put(id, Buffer.from(bytes), { type })
    return id
  }

  async replace(id: string, bytes: Uint8Array): Promise<void> {
    await this.#harness.replace(id, Buffer.from(bytes))
  }

  async remove(id: string): Promise<void> {
    this.#stored.delete(id)
    await this.#harness.remove(id)
  }

  async inflict(fault: keyof Omit<SourceFaults, 'openHandles'>, id: string): Promise<void> {
    const end = await this.#harness.faults?.[fault]?.(id)
    if (end !== undefined) this.#faults.push(end)
  }

  /** Where the track is; a source without `locate` keeps it under its id. */
  async locate(
    id: string,
    source = this.source,
    signal: AbortSignal = new AbortController().signal,
  ): Promise<TrackLocation | undefined> {
    if (source.locate === undefined) return { key: id }
    return source.locate(id, { signal, grant: { id, expires: FAR_AHEAD, keyIndex: 0 } })
  }

  /** Opens the track as the router does: first the location, then the description. The caller closes it. */
  async look(
    id: string,
    {
      source = this.source,
      want = FIRST_BLOCK,
      known,
      onCall,
      signal = new AbortController().signal,
    }: OpenOptions = {},
  ): Promise<SourceTrack | undefined> {
    const location = await this.locate(id, source, signal)
    if (location === undefined) return undefined
    const opening = source.open(id, { signal, key: location.key, want, known })
    onCall?.()
    const track = await opening
    // It is what JavaScript without types may return.
    const answer: unknown = track
    expectThat(
      answer === undefined || (typeof answer === 'object' && answer !== null),
      'open to return a track or undefined',
      answer,
    )
    if (track !== undefined) this.#open.add(track)
    return track
  }

  /** Opens a track that exists, and reads its prefix to the end, so that what `open` began is over. */
  async open(id: string, options: OpenOptions = {}): Promise<SourceTrack> {
    const track = await within(STEP_LIMIT, this.look(id, options), 'open to settle')
    if (track === undefined) throw new Mismatch('a track', 'undefined')
    if (track.prefix !== undefined && track !== options.known) await this.readPrefix(track.prefix)
    return track
  }

  /** Opens a track again and again until `holds`: a source may take a moment to see a change. */
  async openLater(
    id: string,
    holds: (track: SourceTrack | undefined) => boolean,
    options: OpenOptions = {},
  ): Promise<SourceTrack | undefined> {
    return eventually(async () => {
      const track = await within(STEP_LIMIT, this.look(id, options), 'open to settle')
      if (!holds(track) && track !== options.known) this.close(track)
      else if (track?.prefix !== undefined && track !== options.known) await this.readPrefix(track.prefix)
      return track
    }, holds)
  }

  close(track: SourceTrack | undefined): void {
    if (track !== undefined && this.#open.delete(track)) track.close?.()
  }

  async readPrefix({ bytes }: TrackPrefix): Promise<Buffer> {
    if (isUint8Array(bytes)) return Buffer.from(bytes)
    return readToEnd(bytes[Symbol.asyncIterator](), Infinity)
  }

  /** All bytes of a range, copied as they come. */
  async read(
    track: SourceTrack,
    range: Range,
    signal: AbortSignal = new AbortController().signal,
  ): Promise<Buffer> {
    return readToEnd(begin(track, range, { signal }), range.last - range.first + 1)
  }

  /** Undefined if the harness does not count them. */
  async countHandles(): Promise<number | undefined> {
    return this.#harness.faults?.openHandles?.()
  }

  /** @param before as {@link countHandles} gave it */
  async expectHandles(before: number | undefined, after: string): Promise<void> {
    if (before === undefined) return
    const now = await eventually(
      async () => (await this.countHandles()) ?? before,
      count => count <= before,
      END_LIMIT,
    )
    expectThat(now <= before, `${before} open handles 1 s after ${after}`, now)
  }

  /** Also after a test that failed, which may leave anything. */
  async finish(): Promise<void> {
    for (const track of this.#open) await settle(() => track.close?.())
    for (const end of this.#faults) await end()
    for (const id of this.#stored) await this.#harness.remove(id)
  }
}

export async function makeSource(harness: SourceHarness): Promise<TrackSource> {
  const source: unknown = await harness.make()
  const isSource =
    typeof source === 'object' && source !== null && 'open' in source && typeof source.open === 'function'
  expectThat(isSource, 'make to return a source with a method open', source)
  return source as unknown as TrackSource
}
