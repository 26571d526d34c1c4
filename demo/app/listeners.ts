/** Who listens, and the ways to end that, over all processes of this server. */
import type { ActiveStream, Links, RevocationTarget } from 'express-signed-stream'
import type { Peers } from '../workers/peers'
import type { RecentStream, RecentStreams } from './recent-streams'

/** Streams that the page shows: the newest. */
const MAX_SHOWN = 100

export interface ListedStreams {
  readonly total: number
  /** The newest first, 100 at most. */
  readonly streams: readonly ActiveStream[]
  /** The last to end first. */
  readonly ended: readonly RecentStream[]
}

export interface Listeners {
  list(): Promise<ListedStreams>
  /** @returns whether there was such a stream */
  end(id: string): Promise<boolean>
  /**
   * Revokes on all processes before it resolves.
   *
   * @throws (rejects with) what `Links.revoke` rejects with
   */
  revoke(target: RevocationTarget): Promise<{ readonly streams: number }>
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
  // A worker that does not answer reads the revocation from the shared state, within 2 seconds.
  peers?.on('revoke', (target: RevocationTarget) => revokeOwn(target))

  async function askOthers<Answer>(name: string, value?: unknown): Promise<readonly Answer[]> {
    return ((await peers?.askOthers(name, value)) ?? []) as readonly Answer[]
  }

  return {
    async list() {
      const lists = [listOwn(), ...(await askOthers<ListedStreams>('streams'))]
      return {
        total: lists.reduce((sum, { total }) => sum + total, 0),
        streams: lists
          .flatMap(({ streams }) => streams)
          .sort((one, other) => other.startedAt - one.startedAt)
          .slice(0, MAX_SHOWN),
        ended: lists.flatMap(({ ended }) => ended).sort((one, other) => other.endedAt - one.endedAt),
      }
    },
    async end(id) {
      return links.end(id) || (await askOthers<boolean>('end', id)).includes(true)
    },
    async revoke(target) {
      const own = await revokeOwn(target)
      const others = await askOthers<number>('revoke', target)
      return { streams: others.reduce((sum, streams) => sum + streams, own) }
    },
  }
}

/** The cause of an end may be an object that no other process can receive. */
function withoutErrors(listed: ListedStreams): ListedStreams {
  return {
    ...listed,
    ended: listed.ended.map(({ endedAt, event }) => ({ endedAt, event: { ...event, cause: undefined } })),
  }
}
