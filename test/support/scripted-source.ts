/** A source that does what a test says, read by read. */
import { Buffer } from 'node:buffer'
import type { Representation } from '../../src/http/representation'
import type { OpenTrack, Source } from '../../src/source/source'

/** What a disk says that cannot be read. */
export const EIO = Object.assign(new Error('EIO: i/o error, read'), { code: 'EIO' })

/** One read: bytes that it gives, or what it throws. */
export type Step = Uint8Array | Error | Promise<Uint8Array>

export interface ScriptedSource extends Source {
  /** How many tracks are open now. */
  readonly openTracks: number
  /** How many readers hold bytes, or might. */
  readonly openReaders: number
  /** Of each read, whether more than usual could have been given. */
  readonly eagerness: readonly boolean[]
}

/** How one opening goes. */
export type Opening =
  | { readonly kind: 'opens' | 'is missing'; readonly answers: 'at once' | 'later'; readonly size?: number }
  | { readonly kind: 'fails'; readonly answers: 'by throwing' | 'by rejecting'; readonly error: Error }

/**
 * @param size what the representation promises, whatever the steps give
 * @param steps given to each reader from their start; a promise, or a reader that answers later, makes it wait
 * @param openings how each opening goes, the last one again and again; or what all of them wait for
 */
export function scriptSource(
  size: number,
  steps: () => Iterable<Step>,
  openings: Promise<void> | readonly Opening[] = [],
  reads: 'at once' | 'later' = 'later',
): ScriptedSource {
  const eagerness: boolean[] = []
  const source = { openTracks: 0, openReaders: 0, eagerness, open, describe }
  let count = 0

  function nextOpening(): Opening {
    const known = openings instanceof Promise ? [] : openings
    return known[Math.min(count++, known.length - 1)] ?? { kind: 'opens', answers: 'later' }
  }
  function open(): OpenTrack | undefined | Promise<OpenTrack | undefined> {
    const opening = nextOpening()
    if (opening.kind === 'fails') {
      if (opening.answers === 'by throwing') throw opening.error
      return Promise.reject(opening.error)
    }
    function track(): OpenTrack | undefined {
      if (opening.kind !== 'opens') return undefined
      source.openTracks++
      return makeTrack(opening.size ?? size)
    }
    if (opening.answers === 'at once') return track()
    return Promise.resolve(openings instanceof Promise ? openings : undefined).then(track)
  }
  function describe(): Promise<undefined> {
    return Promise.resolve(undefined)
  }
  function makeTrack(bytes: number): OpenTrack {
    const representation: Representation = {
      size: bytes,
      mediaType: 'audio/mpeg',
      etag: '"scripted"',
      lastModified: 1_000_000,
    }
    return { representation, read, close }
  }
  function read(): ReturnType<OpenTrack['read']> {
    const script = steps()[Symbol.iterator]()
    let isOpen = true
    source.openReaders++
    function take(): Uint8Array | undefined | Promise<Uint8Array> {
      const { value: step } = script.next() as { value: Step | undefined }
      if (step instanceof Error) throw step
      return step
    }
    return {
      next(isEager) {
        eagerness.push(isEager)
        return reads === 'at once' ? take() : Promise.resolve().then(take)
      },
      recycle() {
        // Its steps are not its own.
      },
      close() {
        if (isOpen) source.openReaders--
        isOpen = false
      },
    }
  }
  function close(): void {
    source.openTracks--
  }
  return source
}

/** An endless supply of `bytes` zeros. */
export function* endless(bytes: number): Generator<Uint8Array> {
  for (;;) yield Buffer.alloc(bytes)
}
