/** Opens an object by one ranged GET, which also brings the bytes that are wanted first. */
import { servedMediaType } from '../../http/media-type'
import type { OpenContext, WantedRange } from '../track-source'
import { findPart, formatRange } from './part'
import { findEncoding, NO_VALIDATOR, RangedTrack } from './ranged-track'
import type { StoreResponse, StoreContent, StoreObject } from './store'
import { unusable } from './unusable'
import { findValidator } from './validator'

/** What is read of an object if the wanted range lies beyond its end. */
const BEGINNING: WantedRange = { first: 0, last: 256 * 1024 - 1 }

/**
 * @returns undefined if there is no such object, or it has no audio type
 * @throws SourceError `unavailable` if the store cannot tell, or cannot be relied upon for this object
 */
export async function openRanged(
  object: StoreObject,
  { want, known, signal }: Pick<OpenContext, 'want' | 'known' | 'signal'>,
): Promise<RangedTrack | undefined> {
  const current = known instanceof RangedTrack ? known : undefined
  function get(range: WantedRange): Promise<StoreResponse> {
    const condition = current?.validator.isOther
    return object.get({ range: formatRange(range), condition, version: undefined }, signal)
  }

  let requested: WantedRange | undefined = want
  let response = await get(requested)
  if (response.kind === 'unsatisfiable' && want.first > 0) {
    requested = BEGINNING
    response = await get(requested)
  }
  // No range of an empty object is satisfiable, and the 416 of some stores does not say its size.
  if (response.kind === 'unsatisfiable') {
    requested = undefined
    response = await object.head(signal)
  }
  switch (response.kind) {
    case 'content':
      return openContent(object, response, requested, signal)
    case 'missing':
      return undefined
    case 'unchanged':
      if (current !== undefined) return current
      throw unusable('unavailable', 'It responded with 304 to a request without a condition')
    case 'precondition_failed':
      throw unusable('unavailable', 'It responded with 412 to a request without a condition')
    case 'unsatisfiable':
      throw unusable('unavailable', 'It responded with 416 to a request without a range')
  }
}

function openContent(
  object: StoreObject,
  content: StoreContent,
  requested: WantedRange | undefined,
  signal: AbortSignal,
): RangedTrack | undefined {
  try {
    const encoding = findEncoding(content)
    if (encoding !== undefined) throw unusable('unavailable', encoding)
    const part = findPart(content, requested)
    if (typeof part === 'string') throw unusable('unavailable', part)
    const validator = findValidator(content, part.size, object.canPinByDate)
    if (validator === undefined) throw unusable('unavailable', NO_VALIDATOR)
    const type = object.type ?? servedMediaType(content.contentType ?? '')
    if (type !== undefined) return new RangedTrack(object, content, { part, type, validator }, signal)
  } catch (error) {
    content.release()
    throw error
  }
  content.release()
  return undefined
}
