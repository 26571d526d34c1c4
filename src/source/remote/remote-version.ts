/**
 * One version of a track of a source, and what is in memory of it.
 *
 * What needs the version holds a lease: the known tracks, each open track, and each read in progress. The last lease that
 * is released drops what is in memory, and closes the track of the source.
 */
import { isUint8Array } from 'node:util/types'
import { callSafely } from '../../callbacks'
import type { Representation } from '../../http/representation'
import { Lease } from '../lease'
import { SourceError } from '../source'
import type { SourceTrack, TrackPrefix, WantedRange } from '../track-source'
import { Extent } from './extent'
import { loadExtent, type BegunRead } from './load-extent'
import { ignoreFaults } from './pieces'
import type { ReadPermit } from './read-queue'
import type { RemoteMemory } from './remote-memory'
import { BLOCK_BYTES } from './wanted-range'

/**
 * - `current`: no read found another version. Serves every request
 * - `outdated`: the storage has another version, or none. Responses in progress may end with what is in memory
 * - `closed`: the last lease was released
 */
type VersionState = 'current' | 'outdated' | 'closed'

export type VersionLease = Lease<RemoteVersion>

export class RemoteVersion {
  /** Under which it was opened; for reports. */
  readonly id: string
  readonly track: SourceTrack
  readonly representation: Representation
  readonly memory: RemoteMemory
  #state: VersionState = 'current'
  #leases = 0
  /** By block, the extent that has or will have its first byte. */
  readonly #extents = new Map<number, Extent>()
  readonly #endLease = (): void => {
    if (--this.#leases === 0) this.#close()
  }

  private constructor(id: string, track: SourceTrack, representation: Representation, memory: RemoteMemory) {
    this.id = id
    this.track = track
    this.representation = representation
    this.memory = memory
  }

  /** Closes `track` with the last lease, of which the caller gets the first. */
  static take(
    id: string,
    track: SourceTrack,
    representation: Representation,
    memory: RemoteMemory,
  ): VersionLease {
    return new RemoteVersion(id, track, representation, memory).#newLease()
  }

  /** Undefined if the version is closed. */
  lease(): VersionLease | undefined {
    return this.#state === 'closed' ? undefined : this.#newLease()
  }

  get state(): VersionState {
    return this.#state
  }

  /** Called when a read found that the storage has another version, or none. */
  outdate(): void {
    if (this.#state === 'current') this.#state = 'outdated'
  }

  /** What has, or will have, the byte at `position`. */
  extentAt(position: number): Extent | undefined {
    const extent = this.#extents.get(Math.floor(position / BLOCK_BYTES))
    return extent?.covers(position) === true ? extent : undefined
  }

  /**
   * Begins to read the blocks from that of `position` on that are not in memory or being read.
   *
   * @param last the last byte that is of use
   * @throws SourceError `read_error` if the version is closed
   */
  read(position: number, last: number, blocks: number): Extent {
    if (this.#state === 'closed') {
      throw new SourceError('read_error', { cause: new Error('The track is closed') })
    }
    const block = Math.floor(position / BLOCK_BYTES)
    const lastBlock = Math.min(block + blocks - 1, Math.floor(last / BLOCK_BYTES))
    let next = block + 1
    while (next <= lastBlock && this.extentAt(next * BLOCK_BYTES) === undefined) next++
    const end = Math.min(next * BLOCK_BYTES, this.representation.size)
    const extent = this.#plan(block * BLOCK_BYTES, end)
    const lease = this.#newLease()
    const withdraw = this.memory.queue.request(end - extent.first, BLOCK_BYTES, permit => {
      void this.#load(extent, permit, lease)
    })
    extent.abandoned.addEventListener('abort', () => {
      if (extent.state !== 'planned') return
      withdraw()
      extent.drop()
      lease.release()
    })
    return extent
  }

  /** Whether the first byte of `want` is in memory, or will be. */
  hasStartOf({ first }: WantedRange): boolean {
    return this.extentAt(first < 0 ? Math.max(0, this.representation.size + first) : first) !== undefined
  }

  /**
   * Keeps the bytes that `open` of the source got besides, or aborts the read of them.
   *
   * @param track this version, as `open` described it this time. It is closed after its prefix unless it is kept
   * @param permit ended here
   * @param begun the call of `open`
   */
  keepPrefix(
    track: SourceTrack,
    prefix: TrackPrefix | undefined,
    permit: ReadPermit,
    begun: Omit<BegunRead, 'body'>,
  ): void {
    const end = prefix === undefined ? 0 : Math.min(prefix.last + 1, prefix.first + permit.bytes)
    if (prefix === undefined || !this.#isWorthKeeping(prefix, end)) {
      ignoreFaults(track.prefix?.bytes)
      begun.abort.abort(new Error('The prefix is not needed'))
      begun.report.end(track === this.track ? 'complete' : 'unchanged', 0)
      permit.end()
      if (track !== this.track) closeTrack(track)
      return
    }
    const extent = this.#plan(prefix.first, end)
    void this.#load(extent, permit, this.#newLease(), { ...begun, body: bodyOf(prefix, end) }).then(() => {
      if (track !== this.track) closeTrack(track)
    })
  }

  #isWorthKeeping({ first, last, bytes }: TrackPrefix, end: number): boolean {
    // The rest of a body that is longer than its room would have to be read for nothing.
    const fits = end === last + 1 || isUint8Array(bytes)
    const start = Math.ceil(first / BLOCK_BYTES) * BLOCK_BYTES
    const hasWholeBlock = start < end && Math.min(start + BLOCK_BYTES, this.representation.size) <= end
    return fits && hasWholeBlock && this.extentAt(start) === undefined
  }

  #plan(first: number, end: number): Extent {
    const extent = new Extent(first, end, this.memory.pins, gone => {
      this.#forget(gone, first, end)
    })
    for (let block = Math.ceil(first / BLOCK_BYTES); block * BLOCK_BYTES < end; block++) {
      this.#extents.set(block, extent)
    }
    return extent
  }

  /** @param begun a read that has begun already */
  #load(extent: Extent, permit: ReadPermit, lease: VersionLease, begun?: BegunRead): Promise<void> {
    const { end } = extent
    const bytes = Math.min(permit.bytes, extent.missing)
    extent.beginLoading(bytes, permit.handOver(bytes))
    // It may have less room than planned.
    this.#forget(extent, extent.end, end)
    return loadExtent(extent, this, begun).finally(() => {
      permit.end()
      lease.release()
    })
  }

  #forget(extent: Extent, first: number, end: number): void {
    for (let block = Math.ceil(first / BLOCK_BYTES); block * BLOCK_BYTES < end; block++) {
      if (this.#extents.get(block) === extent) this.#extents.delete(block)
    }
  }

  #newLease(): VersionLease {
    this.#leases++
    return new Lease<RemoteVersion>(this, this.#endLease)
  }

  #close(): void {
    this.#state = 'closed'
    for (const extent of new Set(this.#extents.values())) extent.drop()
    closeTrack(this.track)
  }
}

/** What it throws concerns nobody, nor what goes wrong in a prefix that nobody reads. */
export function closeTrack(track: SourceTrack | undefined): void {
  callSafely(
    () => {
      ignoreFaults(track?.prefix?.bytes)
      return track?.close?.()
    },
    () => undefined,
  )
}

function bodyOf({ first, bytes }: TrackPrefix, end: number): unknown {
  return isUint8Array(bytes) ? [bytes.subarray(0, end - first)] : bytes
}
