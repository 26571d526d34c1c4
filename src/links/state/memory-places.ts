/** Who listens at a time, in the memory of this process. */
import { DISPLACED_SECONDS, MAX_KEYS, type HoldOptions } from './link-state'

interface Holder {
  readonly keys: string[]
  /** By the clock. */
  until: number
}

interface Subject {
  /** In the order in which they began. */
  holders: Holder[]
  displaced: Holder[]
}

/** Displaced listeners of one subject whose return is refused; each request looks through them. */
const MAX_DISPLACED = 200

/** Subjects before a search for those that nobody holds any more. */
const FIRST_SWEEP = 1000

export class MemoryPlaces {
  readonly #clock: () => number
  readonly #subjects = new Map<string, Subject>()
  #nextSweep = FIRST_SWEEP

  /** @param clock seconds, never set back */
  constructor(clock: () => number) {
    this.#clock = clock
  }

  hold(
    name: string,
    keys: readonly string[],
    { limit, seconds, onLimit, isListening }: HoldOptions,
  ): 'held' | 'full' | 'displaced' {
    const now = this.#clock()
    const subject = this.#current(name, now)
    const own = subject.holders.find(holder => shares(holder, keys))
    if (own !== undefined) {
      own.until = Math.max(own.until, now + seconds)
      for (const key of keys) if (own.keys.length < MAX_KEYS && !own.keys.includes(key)) own.keys.push(key)
      return 'held'
    }
    if (subject.displaced.some(holder => shares(holder, keys))) return 'displaced'
    if (subject.holders.length >= limit && !isListening) {
      if (onLimit === 'refuse') return 'full'
      const oldest = subject.holders.splice(0, subject.holders.length - limit + 1)
      for (const { keys: theirs } of oldest) bar(subject, theirs, now)
    }
    subject.holders.push({ keys: keys.slice(0, MAX_KEYS), until: now + seconds })
    return 'held'
  }

  isHeld(name: string, keys: readonly string[]): boolean {
    const now = this.#clock()
    return (
      this.#subjects.get(name)?.holders.some(holder => holder.until > now && shares(holder, keys)) ?? false
    )
  }

  /** Takes the place of a listener, who was displaced on another node. */
  displace(name: string, keys: readonly string[]): void {
    const now = this.#clock()
    const subject = this.#current(name, now)
    subject.holders = subject.holders.filter(holder => !shares(holder, keys))
    bar(subject, keys.slice(0, MAX_KEYS), now)
  }

  #current(name: string, now: number): Subject {
    const known = this.#subjects.get(name)
    if (known !== undefined) {
      dropEnded(known, now)
      return known
    }
    if (this.#subjects.size >= this.#nextSweep) this.#sweep(now)
    const subject: Subject = { holders: [], displaced: [] }
    this.#subjects.set(name, subject)
    return subject
  }

  #sweep(now: number): void {
    for (const [name, subject] of this.#subjects) {
      dropEnded(subject, now)
      if (subject.holders.length + subject.displaced.length === 0) this.#subjects.delete(name)
    }
    this.#nextSweep = Math.max(FIRST_SWEEP, 2 * this.#subjects.size)
  }
}

function bar(subject: Subject, keys: string[], now: number): void {
  if (subject.displaced.length >= MAX_DISPLACED) subject.displaced.shift()
  subject.displaced.push({ keys, until: now + DISPLACED_SECONDS })
}

function dropEnded(subject: Subject, now: number): void {
  if (subject.holders.some(({ until }) => until <= now)) {
    subject.holders = subject.holders.filter(({ until }) => until > now)
  }
  if (subject.displaced.some(({ until }) => until <= now)) {
    subject.displaced = subject.displaced.filter(({ until }) => until > now)
  }
}

function shares(holder: Holder, keys: readonly string[]): boolean {
  return holder.keys.some(key => keys.includes(key))
}
