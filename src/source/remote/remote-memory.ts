/** What all tracks of one source share: the memory, the turns of reads, and the rules for retries. */
import { createCacheView } from '../memory/cache-view'
import { Budget } from '../memory/budget'
import type { StreamCache } from '../../events'
import { Pins } from './pins'
import { ReadQueue } from './read-queue'
import type { OnFetch } from './report'
import { Retries } from './retries'
import type { SourceLimits } from './source-settings'

/** Reads need memory, also if nothing is to be kept. */
const LEAST_BYTES = 8 * 1024 * 1024

/** Most clients of a store allow 50 connections, and others use them too. */
const MAX_READS = 32

/** The part of the memory that slow clients may look at; the rest is for reads. */
const PINNED_PART = 1 / 2

/** The part of the memory that one read may bring. */
const READ_PART = 1 / 8

export class RemoteMemory {
  readonly budget: Budget
  readonly pins: Pins
  readonly queue: ReadQueue
  readonly retries = new Retries()
  readonly limits: SourceLimits
  readonly onFetch: OnFetch
  /** For subscribers to events. */
  readonly view: StreamCache

  constructor(cacheBytes: number, limits: SourceLimits, onFetch: OnFetch) {
    const bytes = Math.max(cacheBytes, LEAST_BYTES)
    const budget = new Budget(bytes)
    this.budget = budget
    this.pins = new Pins(bytes * PINNED_PART)
    this.queue = new ReadQueue(budget, MAX_READS, bytes * READ_PART)
    this.limits = limits
    this.onFetch = onFetch
    this.view = createCacheView(() => budget.usedBytes)
  }
}
