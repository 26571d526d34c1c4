/** A storage that does what a test tells it, and counts what it is asked. */
import { Buffer } from 'node:buffer'
import type { OpenContext, SourceTrack, TrackLocation, TrackSource } from 'express-signed-stream'
import type { LocateContext, MaybePromise, SourceTimeouts } from '../../src/source/track-source'

/** One call of `open` or `read`, and the body that it brings. */
export interface StoreCall {
  readonly operation: 'open' | 'read'
  readonly key: string
  /** Of a read, what was asked; of an open, of the prefix. */
  readonly first: number
  readonly last: number
  readonly signal: AbortSignal
  readonly context: OpenContext | undefined
  /** Until its body has ended or was aborted: as long as it needs a connection. */
  isLive: boolean
  /** Bytes that it gave. */
  given: number
}

interface Stored {
  readonly content: Buffer
  readonly etag: string
}

/** What waits until the test opens it. */
export interface Gate {
  readonly passed: Promise<void>
  readonly open: () => void
}

export function makeGate(): Gate {
  let open: (() => void) | undefined
  const passed = new Promise<void>(resolve => {
    open = resolve
  })
  return { passed, open: () => open?.() }
}

export class StubStore implements TrackSource {
  trustFor: number | undefined
  timeouts: SourceTimeouts | undefined
  locate?: (id: string, context: LocateContext) => MaybePromise<TrackLocation | undefined>
  /** Bytes of a piece. */
  pieceBytes = 64 * 1024
  /** Whether `open` brings the wanted bytes. */
  givesPrefix = true
  /** Whether `open` returns `known` if nothing has changed, or describes the track once more. */
  knowsKnown = true
  /** Called in `open`; it may throw or wait. */
  beforeOpen: ((call: StoreCall) => unknown) | undefined
  /** Called before each piece; it may throw or wait. An abort ends the wait. */
  beforePiece: ((call: StoreCall, position: number) => unknown) | undefined
  /** Changes what `open` returns. */
  change: ((track: SourceTrack) => SourceTrack) | undefined

  readonly calls: StoreCall[] = []
  /** The most that were live at a time. */
  mostLive = 0
  /** How often tracks were closed, and of these, while a body of them was live. */
  closed = 0
  closedWhileLive = 0
  readonly #tracks = new Map<string, Stored>()
  #versions = 0

  /** @param tracks contents by key */
  constructor(tracks: Readonly<Record<string, Buffer>> = {}) {
    for (const [key, content] of Object.entries(tracks)) this.put(key, content)
  }

  put(key: string, content: Buffer): void {
    this.#tracks.set(key, { content, etag: `"v${++this.#versions}"` })
  }

  remove(key: string): void {
    this.#tracks.delete(key)
  }

  get opens(): readonly StoreCall[] {
    return this.calls.filter(({ operation }) => operation === 'open')
  }

  get reads(): readonly StoreCall[] {
    return this.calls.filter(({ operation }) => operation === 'read')
  }

  get live(): number {
    return this.calls.filter(({ isLive }) => isLive).length
  }

  async open(_id: string, context: OpenContext): Promise<SourceTrack | undefined> {
    const { key, want, signal, known } = context
    const stored = this.#tracks.get(key)
    const size = stored?.content.length ?? 0
    const first = want.first < 0 ? Math.max(0, size + want.first) : want.first
    const last = Math.min(want.last ?? size - 1, size - 1)
    const call = this.#begin({ operation: 'open', key, first, last, signal, context })
    let hasBody = false
    try {
      await orAborted(this.beforeOpen?.(call), signal)
      if (stored === undefined) return undefined
      if (this.knowsKnown && known?.etag === stored.etag) return known
      hasBody = this.givesPrefix && first <= last
      const prefix = hasBody ? { first, last, bytes: this.#body(stored.content, call) } : undefined
      const track = this.#describe(key, stored, prefix, call)
      return this.change?.(track) ?? track
    } finally {
      if (!hasBody) call.isLive = false
    }
  }

  #describe(key: string, stored: Stored, prefix: SourceTrack['prefix'], opening: StoreCall): SourceTrack {
    const calls = new Set([opening])
    return {
      size: stored.content.length,
      type: 'audio/mpeg',
      etag: stored.etag,
      ...(prefix !== undefined && { prefix }),
      read: ({ first, last }, { signal }) => {
        const call = this.#begin({ operation: 'read', key, first, last, signal, context: undefined })
        calls.add(call)
        return this.#body(stored.content, call)
      },
      close: () => {
        this.closed++
        if ([...calls].some(({ isLive }) => isLive)) this.closedWhileLive++
      },
    }
  }

  #begin(call: Omit<StoreCall, 'isLive' | 'given'>): StoreCall {
    const begun: StoreCall = { ...call, isLive: true, given: 0 }
    this.calls.push(begun)
    this.mostLive = Math.max(this.mostLive, this.live)
    call.signal.addEventListener('abort', () => {
      begun.isLive = false
    })
    return begun
  }

  async *#body(content: Buffer, call: StoreCall): AsyncGenerator<Uint8Array> {
    const { first, last, signal } = call
    try {
      for (let position = first; position <= last; position += this.pieceBytes) {
        await orAborted(this.beforePiece?.(call, position), signal)
        const piece = content.subarray(position, Math.min(position + this.pieceBytes, last + 1))
        call.given += piece.length
        yield piece
      }
    } finally {
      call.isLive = false
    }
  }
}

/** Rejects with the reason of `signal` as soon as it aborts. */
async function orAborted(wait: unknown, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted()
  if (!(wait instanceof Promise)) return
  let onAbort: (() => void) | undefined
  const aborted = new Promise((_resolve, reject) => {
    onAbort = () => {
      reject(signal.reason as Error)
    }
    signal.addEventListener('abort', onAbort)
  })
  try {
    await Promise.race([wait, aborted])
  } finally {
    if (onAbort !== undefined) signal.removeEventListener('abort', onAbort)
  }
}

const RECORD = 16

/** `size` bytes, of which each 16 name the version and their place: a mixture shows, and a wrong offset too. */
export function makeContent(size: number, version = 1): Buffer {
  const words = new Uint32Array(Math.ceil(size / RECORD) * 4)
  for (let at = 0; at < words.length; at += 4) {
    words[at] = version
    words[at + 1] = at
    words[at + 2] = Math.imul(at + version, 2654435761)
    words[at + 3] = ~version
  }
  return Buffer.from(words.buffer, 0, size)
}

/** The versions that `bytes`, which begin at `first`, were made of; undefined if some are out of place. */
export function versionsIn(bytes: Buffer, first: number): readonly number[] | undefined {
  const versions = new Set<number>()
  const start = (RECORD - (first % RECORD)) % RECORD
  for (let at = start; at + RECORD <= bytes.length; at += RECORD) {
    const version = bytes.readUInt32LE(at)
    const place = ((first + at) / RECORD) * 4
    const isIntact =
      bytes.readUInt32LE(at + 4) === place &&
      bytes.readInt32LE(at + 8) === Math.imul(place + version, 2654435761) &&
      bytes.readUInt32LE(at + 12) === ~version >>> 0
    if (!isIntact) return undefined
    versions.add(version)
  }
  return [...versions]
}
