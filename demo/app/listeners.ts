/** Who listens, and the ways to end that, over all processes of this server. */
import type { ActiveStream, Links, RevocationTarget } from 'express-signed-stream'
import type { OthersAnswers, Peers } from '../workers/peers'
import type { RecentStream, RecentStreams } from './recent-streams'

/** Streams that the page shows: the newest. */
const MAX_SHOWN = 100

export interface ListedStreams {
  readonly total: number
  /** The newest first, 100 at most. */
  readonly streams: readonly ActiveStream[]
  /** The last to end first. */
  readonly ended: readonly RecentStream[]
  /** Set if a process did not respond, whose streams are not among these. */
  readonly isIncomplete?: true
}

export interface RevokedStreams {
  /** Streams that have ended by it. */
  readonly streams: number
  /** Set if a process did not respond, whose streams end within two seconds after it does again. */
  readonly isIncomplete?: true
}

/** What a worker asks the others to revoke. */
interface RelayedTarget {
  readonly target: RevocationTarget
  /** Milliseconds since the epoch. */
  readonly askedAt: number
}

/**
 * Milliseconds after which a worker leaves a revocation to the shared state: it would revoke what was signed since then, too.
 */
const RELAYED_FOR = 2000

export interface Listeners {
  list(): Promise<ListedStreams>
  /** @returns whether there was such a stream; undefined if a process that may have it did not respond */
  end(id: string): Promise<boolean | undefined>
  /**
   * Revokes on all processes before it resolves.
   *
   * @throws (rejects with) what `Links.revoke` rejects with
   */
  revoke(target: RevocationTarget): Promise<RevokedStreams>
}

/** @param peers the other workers; undefined if this process is alone */
export function createListeners(links: Links, recent: RecentStreams, peers: Peers | undefined): Listeners {
  function listOwn(): ListedStreams {
    const streams = links.streams()
    return { total: streams.length, streams: streams.slice(-MAX_SHOWN).reverse(), ended: recent.list() }
  }

  async function revokeOwn(target: RevocationTarget): Promise<number> {
    return (await links.revoke(target)).streams
  }

  peers?.on('streams', () => withoutErrors(listOwn()))
  peers?.on('end', (id: string) => links.end(id))
  peers?.on('revoke', ({ target, askedAt }: RelayedTarget) =>
    Date.now() - askedAt > RELAYED_FOR ? 0 : revokeOwn(target),
  )

  async function askOthers<Answer>(name: string, value?: unknown): Promise<OthersAnswers<Answer>> {
    return (await peers?.askOthers<Answer>(name, value)) ?? { answers: [], isComplete: true }
  }

  return {
    async list() {
      const { answers, isComplete } = await askOthers<ListedStreams>('streams')
      const lists = [listOwn(), ...answers]
      return {
        total: lists.reduce((sum, { total }) => sum + total, 0),
        streams: lists
          .flatMap(({ streams }) => streams)
          .sort((one, other) => other.startedAt - one.startedAt)
          .slice(0, MAX_SHOWN),
        ended: lists.flatMap(({ ended }) => ended).sort((one, other) => other.endedAt - one.endedAt),
        ...unless(isComplete),
      }
    },
    async end(id) {
      if (links.end(id)) return true
      const { answers, isComplete } = await askOthers<boolean>('end', id)
      return answers.includes(true) || (isComplete ? false : undefined)
    },
    async revoke(target) {
      // The others too if it cannot be shared: then it holds in all processes of this server at least.
      const [own, { answers, isComplete }] = await Promise.all([
        revokeOwn(target).catch((error: unknown) => ({ error })),
        askOthers<number>('revoke', { target, askedAt: Date.now() } satisfies RelayedTarget),
      ])
      if (typeof own !== 'number') throw own.error
      return { streams: answers.reduce((sum, streams) => sum + streams, own), ...unless(isComplete) }
    },
  }
}

function unless(isComplete: boolean): { readonly isIncomplete?: true } {
  return isComplete ? {} : { isIncomplete: true }
}

/** The cause of an end may be an object that no other process can receive. */
function withoutErrors(listed: ListedStreams): ListedStreams {
  return {
    ...listed,
    ended: listed.ended.map(({ endedAt, event }) => ({ endedAt, event: { ...event, cause: undefined } })),
  }
}
