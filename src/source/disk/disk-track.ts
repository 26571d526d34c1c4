/** An open track on disk: one response's lease of a file. */
import type { ByteRange } from '../../http/byte-range'
import type { Representation } from '../../http/representation'
import type { DiskFile, FileLease } from './disk-file'
import { DiskReader, type FirstBytes } from './disk-reader'
import type { FilePlace } from './locate-file'
import { SourceError, type OpenTrack } from '../source'

export class DiskTrack implements OpenTrack {
  readonly representation: Representation
  readonly #lease: FileLease
  readonly #firstBytes: FirstBytes = { areGiven: false }

  /**
   * @param lease released when the track is closed
   * @param place what this response says of the file: requests of other ids may share it
   */
  constructor(lease: FileLease, place?: FilePlace) {
    this.#lease = lease
    this.representation = representationAt(lease.held, place)
  }

  read(range: ByteRange): DiskReader {
    if (this.#lease.isReleased)
      throw new SourceError('read_error', { cause: new Error('The track is closed') })
    return new DiskReader(this.#lease.held, range, this.#firstBytes)
  }

  get path(): string | undefined {
    const { name, isDirect } = this.#lease.held
    return isDirect ? name : undefined
  }

  close(): void {
    this.#lease.release()
  }
}

/** What `file` holds, as a response describes it that found the file at `place`. */
export function representationAt({ representation }: DiskFile, place?: FilePlace): Representation {
  if (place === undefined || (place.type === undefined && place.fileName === undefined)) return representation
  const { size, mediaType, etag, lastModified } = representation
  return { size, mediaType: place.type ?? mediaType, etag, lastModified, fileName: place.fileName }
}
