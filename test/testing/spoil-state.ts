/** Makes states of links that are right but for one flaw. */
import type { LinkState } from '../../src/links/state/link-state'
import { memoryState } from '../../src/links/state/memory-state'
import type { LinkStateHarness } from 'express-signed-stream/testing'

export interface StateFlaw {
  readonly name: string
  /** Changes a state that is right. Called once; both nodes have what it returns. */
  readonly spoil: (state: LinkState) => Partial<LinkState>
  /** Names of the laws that it breaks, all of them. */
  readonly breaks: readonly string[]
}

/** A state that can lose what it keeps, and is changed by `spoil`. */
export function stateHarness(spoil: StateFlaw['spoil'] = () => ({})): LinkStateHarness {
  let kept = memoryState()
  const right: LinkState = {
    begin: (...args) => kept.begin(...args),
    hold: (...args) => kept.hold(...args),
    revocations: {
      add: (...args) => kept.revocations.add(...args),
      read: cursor => kept.revocations.read(cursor),
    },
    streams: {
      publish: (...args) => kept.streams?.publish(...args),
      read: () => kept.streams?.read() ?? [],
    },
  }
  const state = { ...right, ...spoil(right) }
  return {
    make: () => state,
    forget() {
      kept = memoryState()
    },
  }
}
