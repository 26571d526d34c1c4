/** The list of revocations of a node and the shared one, while the latter fails. */
import { RevocationList } from '../../src/links/revocation-list'
import { RevocationSync } from '../../src/links/revocation-sync'
import { SharedState } from '../../src/links/shared-state'
import { memoryState } from '../../src/links/state/memory-state'
import type { LinkState, RevocationEntry, RevocationPage } from '../../src/links/state/link-state'

function entryOf(value: string): RevocationEntry {
  return { kind: 'listener', value, before: 1, until: undefined, endsStreams: true }
}

/** A node that knows `known`, and a shared list that does what `read` says. */
function makeNode(known: readonly string[], read: (cursor: string | undefined) => RevocationPage) {
  const added: string[] = []
  const state: LinkState = {
    ...memoryState(),
    revocations: {
      add(entry) {
        added.push(entry.value)
      },
      read,
    },
  }
  const list = new RevocationList(100)
  for (const value of known) list.add(entryOf(value), 0)
  const shared = new SharedState(state, { onAway: () => undefined, onBack: () => undefined })
  const sync = new RevocationSync(list, shared, { onEntries: () => undefined, max: 100, now: () => 0 })
  return { sync, added }
}

describe('A node', () => {
  it('writes back what the shared list lacks, also if its reading failed in between', async () => {
    let reads = 0
    const { sync, added } = makeNode(['first', 'second', 'lacking'], cursor => {
      reads++
      if (cursor === undefined) {
        return { entries: [entryOf('first')], cursor: 'page 2', isStart: true, hasMore: true }
      }
      if (reads === 2) throw new Error('away')
      return { entries: [entryOf('second')], cursor: 'end', isStart: false, hasMore: false }
    })
    await sync.poll()
    expect([sync.isReady, added]).toEqual([false, []])
    await sync.poll()
    expect([sync.isReady, added]).toEqual([true, ['lacking']])
    await sync.poll()
    expect(added).toEqual(['lacking'])
  })
})
