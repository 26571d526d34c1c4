/** One test of one state: two nodes that share it, names that nobody used before, and calls with a time limit. */
import { randomUUID } from 'node:crypto'
import type {
  BeginOptions,
  HoldOptions,
  LinkState,
  RevocationEntry,
  RevocationPage,
} from '../../links/state/link-state'
import type { LinkStateHarness } from './harness'
import { expectThat, Mismatch } from '../mismatch'
import { settle, STEP_LIMIT, within, type Settled } from '../time-limit'

/** Longer than a test takes. */
const LONG = 60

/** More than a test adds to what is there. */
const MANY = 1_000_000

/** A list that never ends fails before the runner's time limit. */
const MAX_PAGES = 1000

export class StateLab {
  readonly #harness: LinkStateHarness
  readonly #nodes: readonly [LinkState, LinkState]
  readonly #name = `contract-${randomUUID()}`
  #names = 0
  #calls = 0

  constructor(nodes: readonly [LinkState, LinkState], harness: LinkStateHarness) {
    this.#nodes = nodes
    this.#harness = harness
  }

  /** A link, a subject, a key or a value that was never used before. */
  newName(): string {
    return `${this.#name}-${++this.#names}`
  }

  newNames(count: number): string[] {
    return Array.from({ length: count }, () => this.newName())
  }

  /** Each call goes to the other node than the one before. */
  get node(): LinkState {
    return this.#nodes[this.#calls++ % 2 === 0 ? 0 : 1]
  }

  /** Expects what `begin` resolves to. The link lasts longer than the test. */
  async begin(
    link: string,
    keys: readonly string[],
    limit: number,
    expected: Begun,
    why: string,
  ): Promise<void> {
    const got = await this.ask(link, keys, { limit, seconds: LONG })
    expectThat(got === expected, `begin to resolve to '${expected}' ${why}`, got)
  }

  async ask(link: string, keys: readonly string[], options: BeginOptions): Promise<Begun> {
    return within(
      STEP_LIMIT,
      call(() => this.node.begin(link, keys, options)),
      'begin to settle',
    )
  }

  /** Expects what `hold` resolves to. Unless the options say otherwise, the place is kept longer than the test takes. */
  async hold(
    subject: string,
    keys: readonly string[],
    options: Partial<HoldOptions> & Pick<HoldOptions, 'limit'>,
    expected: Held,
    why: string,
  ): Promise<void> {
    const got = await this.tryHold(subject, keys, options)
    expectThat(got === expected, `hold to resolve to '${expected}' ${why}`, got)
  }

  async tryHold(
    subject: string,
    keys: readonly string[],
    options: Partial<HoldOptions> & Pick<HoldOptions, 'limit'>,
  ): Promise<Held> {
    const complete: HoldOptions = { seconds: LONG, onLimit: 'refuse', isListening: false, ...options }
    return within(
      STEP_LIMIT,
      call(() => this.node.hold(subject, keys, complete)),
      'hold to settle',
    )
  }

  /** An entry that was never added before, and is kept longer than the test takes. */
  newEntry(fields: Partial<RevocationEntry> = {}): RevocationEntry {
    const entry = { kind: 'link', value: this.newName(), before: 1_600_000_000, endsStreams: true } as const
    return { ...entry, until: now() + LONG, ...fields }
  }

  async add(entry: RevocationEntry, max = MANY): Promise<void> {
    await within(
      STEP_LIMIT,
      call(() => this.node.revocations.add(entry, { max, now: now() })),
      'add to settle',
    )
  }

  tryAdd(entry: RevocationEntry, max: number): Promise<Settled<void>> {
    return settle(() => this.add(entry, max))
  }

  async readPage(cursor: string | undefined): Promise<RevocationPage> {
    const page = await within(
      STEP_LIMIT,
      call(() => this.node.revocations.read(cursor)),
      'read to settle',
    )
    expectThat(typeof page.cursor === 'string', 'a page with a cursor that is a text', page.cursor)
    return page
  }

  /** All pages from a cursor, as one. */
  async readAll(cursor?: string): Promise<RevocationPage> {
    return this.readOn(await this.readPage(cursor))
  }

  /** A page and all that follow it, as one. */
  async readOn(first: RevocationPage): Promise<RevocationPage> {
    const entries = [...first.entries]
    let page = first
    for (let pages = 1; page.hasMore; pages++) {
      if (pages === MAX_PAGES) throw new Mismatch(`a list of at most ${MAX_PAGES} pages`, 'more')
      page = await this.readPage(page.cursor)
      expectThat(!page.isStart, 'isStart: false of a page that is not the first', page.isStart)
      entries.push(...page.entries)
    }
    return { entries, cursor: page.cursor, isStart: first.isStart, hasMore: false }
  }

  /** How many entries of the list have not ended. */
  async countEntries(): Promise<number> {
    const { entries } = await this.readAll()
    return entries.filter(({ until = Infinity }) => until >= now()).length
  }

  async publish(node: string, streams: readonly string[], seconds = LONG): Promise<void> {
    await within(
      STEP_LIMIT,
      call(() => this.node.streams?.publish(node, streams, seconds)),
      'publish to settle',
    )
  }

  async readStreams(): Promise<readonly string[]> {
    return within(
      STEP_LIMIT,
      call(() => this.node.streams?.read() ?? []),
      'read of the streams to settle',
    )
  }

  async forget(): Promise<void> {
    await this.#harness.forget?.()
  }
}

export type Begun = 'begun' | 'known' | 'full'
export type Held = 'held' | 'full' | 'displaced'

/** Seconds since the epoch. */
export function now(): number {
  return Math.floor(Date.now() / 1000)
}

/** What is thrown at once is a rejection, too. */
async function call<T>(operation: () => T | Promise<T>): Promise<T> {
  return operation()
}
