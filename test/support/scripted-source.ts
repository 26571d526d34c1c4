/** A source that does what a test says, read by read. */
import { Buffer } from 'node:buffer'
import type { Representation } from '../../src/http/response-plan'
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

/**
 * @param size what the representation promises, whatever the steps give
 * @param steps told anew for each reader
 * @param opening what opening waits for
 */
export function scriptSource(
  size: number,
  steps: () => Iterable<Step>,
  opening?: Promise<void>,
): ScriptedSource {
  const representation: Representation = {
    size,
    mediaType: 'audio/mpeg',
    etag: '"scripted"',
    lastModified: 1_000_000,
  }
  const eagerness: boolean[] = []
  const source = { openTracks: 0, openReaders: 0, eagerness, open }

  async function open(): Promise<OpenTrack> {
    await opening
    source.openTracks++
    return { representation, read, close }
  }
  function read(): ReturnType<OpenTrack['read']> {
    const script = steps()[Symbol.iterator]()
    let isOpen = true
    source.openReaders++
    return {
      async next(isEager) {
        eagerness.push(isEager)
        const { value: step } = script.next() as { value: Step | undefined }
        if (step instanceof Error) throw step
        return step
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
