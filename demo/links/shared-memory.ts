/** The state of links that lies in the primary process: what a link limits holds over all workers, without a Redis. */
import { memoryState, RevocationListFull, type LinkState } from 'express-signed-stream'
import { openRevocationsFile } from './revocations-file'

/** One call of the state: the path of the operation, and its arguments. */
export interface StateCall {
  readonly operation: 'begin' | 'hold' | 'revocations.add' | 'revocations.read'
  readonly args: readonly unknown[]
}

/** @param ask asks the primary process */
export function stateOfPrimary(ask: (name: string, value: StateCall) => Promise<unknown>): LinkState {
  async function call<Result>(operation: StateCall['operation'], ...args: unknown[]): Promise<Result> {
    return (await ask('state', { operation, args })) as Result
  }

  return {
    begin: (...args) => call('begin', ...args),
    hold: (...args) => call('hold', ...args),
    revocations: {
      async add(entry, options) {
        try {
          await call('revocations.add', entry, options)
        } catch (error) {
          // An error loses its class on the way from one process to another.
          if (!(error instanceof Error) || error.name !== 'RevocationListFull') throw error
          throw new RevocationListFull(options.max)
        }
      },
      read: cursor => call('revocations.read', cursor),
    },
    // Without `streams`, which each worker would send every second: only the command line reads them, and only from a Redis.
  }
}

/**
 * @param revocationsFile keeps the revocations; undefined if they end with this process
 * @throws ConfigError if the file cannot be opened, or is something else
 */
export function makeSharedState(revocationsFile: string | undefined): LinkState {
  const memory = memoryState()
  if (revocationsFile === undefined) return memory
  const { revocations } = openRevocationsFile(revocationsFile)
  return { begin: memory.begin.bind(memory), hold: memory.hold.bind(memory), revocations }
}

/** Handles the calls of the workers by `state`. */
export function answerFrom(state: LinkState): (call: StateCall) => unknown {
  return function answerCall({ operation, args }) {
    switch (operation) {
      case 'begin':
        return state.begin(...(args as Parameters<LinkState['begin']>))
      case 'hold':
        return state.hold(...(args as Parameters<LinkState['hold']>))
      case 'revocations.add':
        return state.revocations.add(...(args as Parameters<LinkState['revocations']['add']>))
      case 'revocations.read':
        return state.revocations.read(...(args as Parameters<LinkState['revocations']['read']>))
    }
  }
}
