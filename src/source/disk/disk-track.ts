/** An open track on disk: one response's lease of a file. */
import type { ByteRange } from '../../http/byte-range'
import type { Representation } from '../../http/representation'
import type { FileLease } from './disk-file'
import { DiskReader } from './disk-reader'
import { SourceError, type OpenTrack } from '../source'

export class DiskTrack implements OpenTrack {
  readonly representation: Representation
  readonly #lease: FileLease

  /** @param lease released when the track is closed */
  constructor(lease: FileLease) {
    this.#lease = lease
    this.representation = lease.held.representation
  }

  read(range: ByteRange): DiskReader {
    if (this.#lease.isReleased)
      throw new SourceError('read_error', { cause: new Error('The track is closed') })
    return new DiskReader(this.#lease.held, range)
  }

  close(): void {
    this.#lease.release()
  }
}
