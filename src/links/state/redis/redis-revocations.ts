/**
 * The list of revocations in Redis. A cursor is the position of a node in it, and a mark that shows whether the list is
 * still the same.
 */
import { randomBytes } from 'node:crypto'
import {
  RevocationListFull,
  type AddOptions,
  type LinkState,
  type RevocationEntry,
  type RevocationPage,
} from '../link-state'
import { limitArgument, timeArgument } from './arguments'
import type { Evaluate } from './evaluate'
import { readTexts, readWord, unexpected } from './replies'
import { formatEntry, parseEntry } from './revocation-entry'
import { ADD_SCRIPT, READ_SCRIPT } from './revocation-scripts'

type Revocations = LinkState['revocations']

/** Entries. */
const PAGE = 1000

export class RedisRevocations implements Revocations {
  readonly #evaluate: Evaluate
  readonly #name: string

  constructor(evaluate: Evaluate, name: string) {
    this.#evaluate = evaluate
    this.#name = name
  }

  async add(entry: RevocationEntry, { max, now }: AddOptions): Promise<void> {
    const keys = [this.#name, `${this.#name}:ends`, `${this.#name}:marks`]
    const end = entry.until === undefined ? '+inf' : timeArgument(entry.until)
    const args = [formatEntry(entry), end, timeArgument(now), limitArgument(max)]
    const reply = readWord(await this.#evaluate(ADD_SCRIPT, keys, args), ['there', 'full'])
    if (reply === 'full') throw new RevocationListFull(max)
  }

  async read(cursor: string | undefined): Promise<RevocationPage> {
    // What another state gave is no cursor here: the list is read from its beginning.
    const [, last = '', sequence = '', mark = ''] = /^(\d+)\.(\d+)\.([0-9a-f]{16})$/.exec(cursor ?? '') ?? []
    const keys = [this.#name, `${this.#name}:marks`]
    const reply = readTexts(await this.#evaluate(READ_SCRIPT, keys, [last, sequence, mark, PAGE, newMark()]))
    const [isStart, hasMore, newLast, newSequence, lastMark, ...entries] = reply
    if (lastMark === undefined) throw unexpected(reply)
    return {
      entries: entries.map(parseEntry),
      cursor: `${newLast}.${newSequence}.${lastMark}`,
      isStart: readFlag(isStart),
      hasMore: readFlag(hasMore),
    }
  }
}

/** Of a list that nothing was added to, so that its loss is noticed too. */
function newMark(): string {
  return randomBytes(8).toString('hex')
}

function readFlag(text: string | undefined): boolean {
  return readWord(text, ['0', '1']) === '1'
}
