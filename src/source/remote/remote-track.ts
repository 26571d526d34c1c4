/** An open track of a source: the lease of one response. */
import type { ByteRange } from '../../http/byte-range'
import type { Representation } from '../../http/representation'
import { SourceError, type OpenTrack } from '../source'
import type { TrackLocation } from '../track-source'
import { RemoteReader, type FirstBytes } from './remote-reader'
import type { VersionLease } from './remote-version'

export class RemoteTrack implements OpenTrack {
  readonly representation: Representation
  readonly #lease: VersionLease
  readonly #firstBytes: FirstBytes

  /**
   * @param lease released when the track is closed
   * @param location what it says takes precedence over the track: two ids may lead to one
   * @param deadline for the first bytes; milliseconds, by the clock of `performance`
   */
  constructor(lease: VersionLease, { type, fileName }: TrackLocation, deadline: number) {
    const { representation } = lease.held
    this.#lease = lease
    this.#firstBytes = { deadline }
    this.representation =
      type === undefined && fileName === undefined
        ? representation
        : {
            ...representation,
            mediaType: type ?? representation.mediaType,
            fileName: fileName ?? representation.fileName,
          }
  }

  read(range: ByteRange): RemoteReader {
    if (this.#lease.isReleased) {
      throw new SourceError('read_error', { cause: new Error('The track is closed') })
    }
    return new RemoteReader(this.#lease.held, range, this.#firstBytes)
  }

  close(): void {
    this.#lease.release()
  }
}
