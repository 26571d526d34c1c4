/** One version of an object, read by ranges. */
import { lengthOf, type ByteRange } from '../../http/byte-range'
import { toDate } from '../../http/http-date'
import { SourceError } from '../source'
import type { ReadContext, SourceTrack, TrackPrefix } from '../track-source'
import { findPart, formatRange, type Part } from './part'
import { readBody, releaseOnAbort, sliceOf } from './read-body'
import type { StoreContent, StoreObject } from './store'
import { unusable } from './unusable'
import { findValidator, type Validator } from './validator'

export class RangedTrack implements SourceTrack {
  readonly size: number
  readonly type: string
  readonly etag: string
  readonly lastModified: Date | undefined
  readonly prefix: TrackPrefix | undefined
  readonly validator: Validator
  readonly #object: StoreObject
  readonly #opening: StoreContent
  #isClosed = false

  /**
   * @param opening whose body becomes the prefix
   * @param signal lives until the prefix has ended
   */
  constructor(
    object: StoreObject,
    opening: StoreContent,
    description: { readonly part: Part; readonly type: string; readonly validator: Validator },
    signal: AbortSignal,
  ) {
    const { part, type, validator } = description
    this.size = part.size
    this.type = type
    this.etag = validator.etag
    this.validator = validator
    this.lastModified = toDate(opening.lastModified)
    this.#object = object
    this.#opening = opening
    if (opening.body === undefined || part.size === 0) {
      opening.release()
    } else {
      releaseOnAbort(opening, signal)
      this.prefix = {
        first: part.first,
        last: part.last,
        bytes: readBody(opening, lengthOf(part), signal),
      }
    }
  }

  async *read(range: ByteRange, { signal }: ReadContext): AsyncGenerator<Uint8Array, void, undefined> {
    if (this.#isClosed) throw new SourceError('read_error', { cause: new Error('The track is closed') })
    const content = await this.#get(range, signal)
    const problem = this.#findProblem(content, range)
    if (problem !== undefined) {
      content.release()
      throw problem
    }
    if (content.isPartial) yield* readBody(content, lengthOf(range), signal)
    else yield* sliceOf(readBody(content, this.size, signal), range)
  }

  /** Ends the prefix; reads in progress may still end. */
  close(): void {
    this.#isClosed = true
    this.#opening.release()
  }

  async #get(range: ByteRange, signal: AbortSignal): Promise<StoreContent> {
    const { version } = this.#opening
    const condition = this.validator.isSame
    try {
      const response = await this.#object.get({ range: formatRange(range), condition, version }, signal)
      switch (response.kind) {
        case 'content':
          return response
        case 'missing':
          throw new SourceError('truncated', { cause: new Error('The object was deleted') })
        // A range that lies inside this version is not satisfiable in another one only.
        case 'precondition_failed':
        case 'unsatisfiable':
          throw new SourceError('changed')
        case 'unchanged':
          throw unusable('read_error', 'It responded with 304 to If-Match')
      }
    } catch (error) {
      throw signal.aborted ? signal.reason : toReadError(error)
    }
  }

  #findProblem(content: StoreContent, range: ByteRange): SourceError | undefined {
    const encoding = findEncoding(content)
    if (encoding !== undefined) return unusable('read_error', encoding)
    const etag = findValidator(content, this.size, this.#object.canPinByDate)?.etag
    if (etag === undefined) return unusable('read_error', NO_VALIDATOR)
    if (etag !== this.etag) return new SourceError('changed')
    const part = findPart(content, range)
    if (typeof part === 'string') return unusable('read_error', part)
    return part.size === this.size ? undefined : new SourceError('changed')
  }
}

export const NO_VALIDATOR =
  'It gives no strong validator: a strong ETag must tell the versions of an object apart'

/** Why the body of a response is not the object itself; undefined if it is. */
export function findEncoding({ contentEncoding }: StoreContent): string | undefined {
  return contentEncoding === undefined || contentEncoding === '' || contentEncoding === 'identity'
    ? undefined
    : `The object has the Content-Encoding ${JSON.stringify(contentEncoding.slice(0, 64))}: ranges of it are not ranges of the track`
}

/** Once a track is open, the store has failed to read it, not to find it. */
function toReadError(error: unknown): SourceError {
  if (!(error instanceof SourceError)) return new SourceError('read_error', { cause: error })
  if (error.kind !== 'unavailable') return error
  const { cause, retryAfter, isDenied, isPermanent } = error
  return new SourceError('read_error', { cause, retryAfter, isDenied, isPermanent })
}
