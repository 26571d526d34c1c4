/**
 * The revocations that this node knows, so that no request waits for another one. A link is revoked if it was signed at
 * `before` or earlier, by any of its five handles; a link that does not say when it was signed counts as signed at 0.
 */
import type { AuthenticLink } from '../signing/authenticate-link'
import { RevocationListFull, type RevocationEntry, type RevocationKind } from './state/link-state'

type Handle = Exclude<RevocationKind, 'stream'>

/** What is known of one handle. */
interface Revocation {
  /** Seconds since the epoch. */
  before: number
  /** As far as streams in progress end too. */
  endsBefore: number
  until: number | undefined
}

const NEVER = -1

export class RevocationList {
  readonly #max: number
  readonly #byHandle: Readonly<Record<Handle, Map<string, Revocation>>> = {
    link: new Map(),
    listener: new Map(),
    track: new Map(),
    key: new Map(),
    all: new Map(),
  }
  #size = 0

  constructor(max: number) {
    this.#max = max
  }

  get size(): number {
    return this.#size
  }

  /**
   * Adds an entry; of two for one handle, the later counts.
   *
   * @param now seconds since the epoch
   * @throws RevocationListFull
   */
  add(entry: RevocationEntry, now: number): void {
    const { kind, value, before, endsStreams } = entry
    if (kind === 'stream') return
    // The greater of a time and of no time is no time, and would make a revoked link valid.
    if (!Number.isFinite(before))
      throw new TypeError('A revocation must say until which second of signing it holds')
    const revocations = this.#byHandle[kind]
    const known = revocations.get(value)
    if (known === undefined) {
      if (this.#size >= this.#max) this.dropEnded(now)
      if (this.#size >= this.#max) throw new RevocationListFull(this.#max)
      revocations.set(value, { before, endsBefore: endsStreams ? before : NEVER, until: entry.until })
      this.#size++
      return
    }
    known.before = Math.max(known.before, before)
    if (endsStreams) known.endsBefore = Math.max(known.endsBefore, before)
    known.until = laterOf(known.until, entry.until)
  }

  isRevoked(link: AuthenticLink): boolean {
    return this.#size > 0 && this.#some(link, ({ before }, signedAt) => before >= signedAt)
  }

  /** Whether streams of `link` that are in progress end. */
  endsStreams(link: AuthenticLink): boolean {
    return this.#size > 0 && this.#some(link, ({ endsBefore }, signedAt) => endsBefore >= signedAt)
  }

  /** The last second in which signing a link like this is too early to be valid; undefined if it is not revoked. */
  revokedUntil(handles: Partial<Record<Handle, string | undefined>>): number | undefined {
    const found = (Object.keys(this.#byHandle) as Handle[]).flatMap(kind => {
      const value = kind === 'all' ? '' : handles[kind]
      return value === undefined ? [] : (this.#byHandle[kind].get(value)?.before ?? [])
    })
    return found.length === 0 ? undefined : Math.max(...found)
  }

  /** Every revocation, as entries that a list elsewhere may lack. */
  *entries(): Iterable<RevocationEntry> {
    for (const [kind, revocations] of Object.entries(this.#byHandle) as [Handle, Map<string, Revocation>][]) {
      for (const [value, { before, endsBefore, until }] of revocations) {
        if (before > endsBefore) yield { kind, value, before, until, endsStreams: false }
        if (endsBefore > NEVER) yield { kind, value, before: endsBefore, until, endsStreams: true }
      }
    }
  }

  /** @param now seconds since the epoch */
  dropEnded(now: number): void {
    for (const revocations of Object.values(this.#byHandle)) {
      for (const [value, { until }] of revocations) {
        if (until === undefined || until >= now) continue
        revocations.delete(value)
        this.#size--
      }
    }
  }

  #some(
    { name, keyId, grant }: AuthenticLink,
    isMet: (revocation: Revocation, signedAt: number) => boolean,
  ): boolean {
    const { listener, id, signedAt = 0 } = grant
    const { link, listener: listeners, track, key, all } = this.#byHandle
    function has(revocation: Revocation | undefined): boolean {
      return revocation !== undefined && isMet(revocation, signedAt)
    }
    return (
      has(link.get(name)) ||
      has(track.get(id)) ||
      has(all.get('')) ||
      (listener !== undefined && has(listeners.get(listener))) ||
      (keyId !== undefined && has(key.get(keyId)))
    )
  }
}

/** Undefined is for ever. */
function laterOf(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? undefined : Math.max(a, b)
}
