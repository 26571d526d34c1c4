/** A tree of folders below one directory, as people keep their music. */
import { join } from 'node:path'
import type { StreamLogger } from 'express-signed-stream'
import { within } from '../work/time-limit'
import { canList } from './can-list'
import type { Library } from './library'
import { createOmissionLog } from './omission-log'
import { TreeCollector } from './tree-listing'
import { resolveInTree } from './tree-paths'
import { walkTree } from './tree-walk'

/** Milliseconds for one walk, so that a mount that hangs does not hide the other folders. */
const TIME_LIMIT = 30_000

/** Milliseconds for an aborted walk to end, unless it hangs. */
const SETTLING = 1000

/** Milliseconds for which a listing is served: a walk of 100,000 tracks takes a second of processor time. */
const FRESH_FOR = 10_000

export interface TreeLibraryOptions {
  readonly directory: string
  readonly logger: Pick<StreamLogger, 'warn'>
  /** @defaultValue reads the directory */
  readonly walk?: typeof walkTree
  /** Milliseconds for one walk. @defaultValue 30000 */
  readonly timeLimit?: number
}

interface Walk {
  readonly found: TreeCollector
  readonly controller: AbortController
  /** Rejects if the directory cannot be read. */
  readonly ended: Promise<void>
}

export function createTreeLibrary({
  directory,
  logger,
  walk = walkTree,
  timeLimit = TIME_LIMIT,
}: TreeLibraryOptions): Library {
  const logOmissions = createOmissionLog(logger)
  let current: Walk | undefined

  function start(): Walk {
    const found = new TreeCollector()
    const controller = new AbortController()
    const ended = walk(directory, found, controller.signal)
      .catch((error: unknown) => {
        if (!controller.signal.aborted) throw error
      })
      .finally(() => {
        current = undefined
      })
    return { found, controller, ended }
  }

  /** One walk at a time: of those that hang in a mount, each would hold a thread of the pool for good. */
  async function findTracks(signal: AbortSignal): Promise<TreeCollector> {
    // Of a client that has left. If it hangs, what it has found is all there is.
    if (current !== undefined) await within(SETTLING, current.ended, signal)
    current ??= start()
    const { found, controller, ended } = current
    const isOver = ended.then(() => !controller.signal.aborted)
    if ((await within(controller.signal.aborted ? 0 : timeLimit, isOver, signal)) !== true) {
      found.isComplete = false
    }
    controller.abort()
    signal.throwIfAborted()
    return found
  }

  return {
    kind: 'tree',
    place: directory,
    origin: { dir: directory, resolve: resolveInTree },
    freshFor: FRESH_FOR,
    async list(signal) {
      const found = await findTracks(signal)
      logOmissions(found)
      return found.list(signal)
    },
    fileOf: ({ path = '' }, { etag }) => ({ path: join(directory, path), etag }),
    look: () => canList(directory),
    close: () => undefined,
  }
}
