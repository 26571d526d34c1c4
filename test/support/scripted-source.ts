/** A source that does what a test scripts, read by read. */
import { Buffer } from 'node:buffer'
import type { ByteRange } from '../../src/http/byte-range'
import type { Representation } from '../../src/http/representation'
import type { OpenTrack, Source, TrackDescription, TrackRequest } from '../../src/source/source'

/** The error of a disk that cannot be read. */
export const EIO = Object.assign(new Error('EIO: i/o error, read'), { code: 'EIO' })

/** One read: bytes that it gives, or what it throws. */
export type Step = Uint8Array | Error | Promise<Uint8Array>

export interface ScriptedSource extends Source {
  /** How many tracks are open now. */
  readonly openTracks: number
  /** How many readers hold bytes, or might. */
  readonly openReaders: number
  /** Of each read, whether the reader was allowed to give more than usual. */
  readonly eagerness: readonly boolean[]
}

/** What one opening does. */
export type Opening =
  | { readonly kind: 'opens' | 'is missing'; readonly answers: 'at once' | 'later'; readonly size?: number }
  | { readonly kind: 'fails'; readonly answers: 'by throwing' | 'by rejecting'; readonly error: Error }

/**
 * @param size what the representation promises, whatever the steps give
 * @param steps each reader takes its own, from the first; a promise makes it wait
 * @param openings what each opening does, the last one again and again; or for each id; or what all openings wait for
 * @param reads whether a reader gives what a step is at once, or as a promise
 */
export function scriptSource(
  size: number,
  steps: (range: ByteRange) => Iterable<Step>,
  openings: Promise<void> | readonly Opening[] | ((id: string) => Opening) = [],
  reads: 'at once' | 'later' = 'later',
): ScriptedSource {
  const eagerness: boolean[] = []
  const source = { openTracks: 0, openReaders: 0, eagerness, open, describe }
  let count = 0

  function nextOpening(id: string): Opening {
    if (typeof openings === 'function') return openings(id)
    const known = openings instanceof Promise ? [] : openings
    return known[Math.min(count++, known.length - 1)] ?? { kind: 'opens', answers: 'later' }
  }
  function open({ id }: TrackRequest): OpenTrack | undefined | Promise<OpenTrack | undefined> {
    const opening = nextOpening(id)
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
  function describe({ id }: TrackRequest): Promise<TrackDescription | undefined> {
    const opening = nextOpening(id)
    if (opening.kind === 'fails') return Promise.reject(opening.error)
    if (opening.kind === 'is missing') return Promise.resolve(undefined)
    const { mediaType: type, etag, lastModified } = represent(opening.size ?? size)
    const description = { size, type, etag, lastModified: new Date(lastModified * 1000), fileName: undefined }
    return Promise.resolve(description)
  }
  function makeTrack(bytes: number): OpenTrack {
    let isOpen = true
    return {
      representation: represent(bytes),
      read,
      close() {
        if (isOpen) source.openTracks--
        isOpen = false
      },
    }
  }
  function read(range: ByteRange): ReturnType<OpenTrack['read']> {
    const script = steps(range)[Symbol.iterator]()
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
  return source
}

function represent(size: number): Representation & { readonly lastModified: number } {
  return { size, mediaType: 'audio/mpeg', etag: '"scripted"', lastModified: 1_000_000 }
}

/** An endless supply of `bytes` zeros. */
export function* endless(bytes: number): Generator<Uint8Array> {
  for (;;) yield Buffer.alloc(bytes)
}
