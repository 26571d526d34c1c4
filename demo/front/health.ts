/** `/healthz`: the process answers. `/readyz`: it should be given listeners, too. */
import { randomBytes } from 'node:crypto'
import { opendir } from 'node:fs/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { promisify } from 'node:util'
import type { StorageNews } from './storage-news'
import type { Traffic } from './traffic'

/** Responds if the request is one about health. */
export type Health = (req: IncomingMessage, res: ServerResponse, next: () => void) => void

export interface HealthOptions {
  readonly directory: string
  readonly traffic: Traffic
  readonly news: StorageNews
  /** Looks into the directory; undefined if it cannot tell. @defaultValue reads its first entry */
  readonly look?: (directory: string) => Promise<boolean | undefined>
  /** Resolves when the thread pool has done something that is not a matter of the directory. */
  readonly usePool?: () => Promise<unknown>
}

/** Milliseconds after which a directory that does not answer, on a mount that hangs, counts as unreadable. */
const PATIENCE = 2000

/** Milliseconds for a look while tracks are served: enough to see that the directory is gone. */
const SHORT_PATIENCE = 200

/** Milliseconds for which a storage that has served is not doubted because a look at it is late. */
const TRUSTED_FOR = 10_000

/**
 * A look that fails counts at once. One that is late does not while the storage serves: it may only wait for a thread
 * of the pool, as everything does on a slow disk. If the storage has not served lately, it is late because the
 * directory hangs, or because the pool is busy: the latter if another task waits too, and no listener waits for a track.
 */
export function createHealth({
  directory,
  traffic,
  news,
  look = canList,
  usePool = promisify(randomBytes).bind(undefined, 1),
}: HealthOptions): Health {
  const lookOnce = oneAtATime(async () => {
    const found = await look(directory)
    // Also of a look that nobody waits for any more.
    if (found === true) news.note()
    return found
  })
  const usePoolOnce = oneAtATime(usePool)
  /** Shared: a thousand requests a second cost one look. */
  const isReadable = oneAtATime(async () => {
    const isTrusted = news.hasServed(TRUSTED_FOR)
    const pooled = usePoolOnce().then(() => true)
    const found = await within(isTrusted ? SHORT_PATIENCE : PATIENCE, lookOnce())
    if (found !== undefined || isTrusted) return found ?? true
    const isPoolFree = (await within(0, pooled)) === true
    return !isPoolFree && !traffic.isHeldUp(PATIENCE)
  })

  async function problem(): Promise<string | undefined> {
    if (traffic.phase !== 'serving') return 'draining'
    return (await isReadable()) ? undefined : 'tracks cannot be read'
  }

  return function health(req, res, next) {
    const path = req.url?.split('?', 1)[0]
    const isRead = req.method === 'GET' || req.method === 'HEAD'
    if (isRead && path === '/healthz') {
      answer(res, 200, 'ok')
    } else if (isRead && path === '/readyz') {
      void problem().then(text => {
        answer(res, text === undefined ? 200 : 503, text ?? 'ready')
      })
    } else {
      next()
    }
  }
}

function answer(res: ServerResponse, status: number, text: string): void {
  res.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8', 'Cache-Control': 'no-store' })
  res.end(`${text}\n`)
}

async function canList(directory: string): Promise<boolean | undefined> {
  try {
    const listing = await opendir(directory)
    await listing.read()
    await listing.close()
    return true
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    // Out of descriptors: no fault of the directory.
    return code === 'EMFILE' || code === 'ENFILE' ? undefined : false
  }
}

/** Each that hangs holds a thread. */
function oneAtATime<Value>(task: () => Promise<Value>): () => Promise<Value> {
  let running: Promise<Value> | undefined
  return () =>
    (running ??= task().finally(() => {
      running = undefined
    }))
}

/** Undefined if it takes longer. */
async function within<Value>(milliseconds: number, given: Promise<Value>): Promise<Value | undefined> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<undefined>(resolve => {
    timer = setTimeout(() => {
      resolve(undefined)
    }, milliseconds)
  })
  try {
    return await Promise.race([given, late])
  } finally {
    clearTimeout(timer)
  }
}
