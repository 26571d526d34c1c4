/** `/healthz`: the process responds. `/readyz`: it should get listeners, too. */
import { randomBytes } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { promisify } from 'node:util'
import { oneAtATime } from '../work/one-at-a-time'
import { within } from '../work/time-limit'
import { isRead, pathOf } from './request-target'
import type { StorageActivity } from './storage-activity'
import type { Traffic } from './traffic'
import { writeText } from './write-text'

/** Responds to requests about health, and passes others on to `next`. */
export type Health = (req: IncomingMessage, res: ServerResponse, next: () => void) => void

/** Finds out why this server should get no listeners; undefined if it should. */
export type FindProblem = () => Promise<string | undefined>

export interface HealthOptions {
  readonly traffic: Pick<Traffic, 'phase' | 'isWaitingForStorage'>
  readonly activity: Pick<StorageActivity, 'hasServed' | 'record'>
  /** Whether tracks can be read; undefined if that cannot be found out. */
  readonly look: () => Promise<boolean | undefined>
  /** Whether it is known what was revoked; without that, every stream gets 503. @defaultValue always */
  readonly areLinksReady?: () => Promise<boolean>
  /** Resolves when the thread pool has done a task that does not need the tracks. */
  readonly usePool?: () => Promise<unknown>
  /** Milliseconds after which a look is late: the tracks may be on a mount that hangs. @defaultValue 2000 */
  readonly patience?: number
}

/** Milliseconds for a look while tracks are served: enough to find out that a directory is missing. */
const SHORT_PATIENCE = 200

/** Milliseconds for which the storage counts as working after it has served, even if a look is late. */
const TRUSTED_FOR = 10_000

/**
 * A failed look makes the server unready at once. A late one does not while the storage serves: on a slow disk, it only
 * waits for a thread of the pool. If the storage has not served recently, either the storage hangs or the pool is
 * busy. It is the pool if another task is late too, and no listener waits for a track.
 */
export function createReadiness({
  traffic,
  activity,
  look,
  areLinksReady = () => Promise.resolve(true),
  usePool = promisify(randomBytes).bind(undefined, 1),
  patience = 2000,
}: HealthOptions): FindProblem {
  const lookOnce = oneAtATime(async () => {
    const found = await look()
    // Even if the look was late and no request waits for it any more.
    if (found === true) activity.record()
    return found
  })
  const usePoolOnce = oneAtATime(usePool)
  // Shared, so that a thousand requests per second cost one look.
  const isReadable = oneAtATime(async () => {
    const isTrusted = activity.hasServed(TRUSTED_FOR)
    const pooled = usePoolOnce().then(() => true)
    const found = await within(isTrusted ? SHORT_PATIENCE : patience, lookOnce())
    if (found !== undefined || isTrusted) return found ?? true
    const isPoolFree = (await within(0, pooled)) === true
    return !isPoolFree && !traffic.isWaitingForStorage(patience)
  })

  return async function findProblem() {
    if (traffic.phase !== 'serving') return 'draining'
    if (!(await areLinksReady())) return 'revocations cannot be read'
    return (await isReadable()) ? undefined : 'tracks cannot be read'
  }
}

/** @param findProblem of {@link createReadiness}, or of all processes of this server */
export function createHealth(findProblem: FindProblem): Health {
  return function health(req, res, next) {
    const path = isRead(req) ? pathOf(req) : undefined
    if (path === '/healthz') {
      writeText(res, 200, 'ok')
    } else if (path === '/readyz') {
      void findProblem().then(text => {
        writeText(res, text === undefined ? 200 : 503, text ?? 'ready')
      })
    } else {
      next()
    }
  }
}
