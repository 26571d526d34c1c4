/** Logs what a listing leaves out, once until it changes: an operator looks for the missing track in the log. */
import type { StreamLogger } from 'express-signed-stream'
import type { TreeCollector } from './tree-listing'

/** Characters of a path that the log shows. */
const SHOWN = 256

export function createOmissionLog(
  logger: Pick<StreamLogger, 'warn'>,
): (found: Pick<TreeCollector, 'isComplete' | 'withoutId'>) => void {
  let [withoutId, wasComplete] = [0, true]
  return function logOmissions(found) {
    const { count, examples } = found.withoutId
    if (count > 0 && count !== withoutId) {
      const paths = examples.map(path => path.slice(0, SHOWN))
      logger.warn({ tracks: count, paths }, 'Tracks are not listed: their paths cannot be ids')
    }
    if (!found.isComplete && wasComplete) {
      logger.warn({}, 'The list is not complete: the library has more than one list takes')
    }
    withoutId = count
    wasComplete = found.isComplete
  }
}
