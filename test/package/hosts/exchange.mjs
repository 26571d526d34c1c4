/** One exchange with a host: what its client received, and what the package published meanwhile. */
import { setImmediate as nextTurn } from 'node:timers/promises'

/** Milliseconds after which a client gives up. Only a host that fails takes as long. */
const PATIENCE = 4000

const NOTHING = 'Nothing came after the event'

function patiently(promise, what) {
  let timer
  const expired = new Promise((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} did not come`)), PATIENCE)
  })
  return Promise.race([promise, expired]).finally(() => clearTimeout(timer))
}

export async function turns() {
  for (let turn = 0; turn < 20; turn++) await nextTurn()
}

export function createExchange(recorded) {
  /** Sends `request`, and waits for the end of it: as the client sees it, and as the package publishes it. */
  return async function exchange(host, { request, spoils, awaits, isPaused, isImpatient }) {
    recorded.begin(spoils)
    const event = awaits === undefined ? undefined : patiently(recorded.next(awaits), `The ${awaits} event`)
    const silent = event?.then(
      () => undefined,
      error => error.message,
    )
    const controls = { signal: AbortSignal.timeout(PATIENCE), pause: isPaused ? silent : undefined }
    const limit = isImpatient ? silent.then(turns).then(() => Promise.reject(new Error(NOTHING))) : undefined
    const answer = host.request(request, controls)
    const response = await patiently(limit ? Promise.race([answer, limit]) : answer, 'The response').then(
      received => ({ received }),
      error => ({ failure: `${error.code ?? error.name}: ${error.message}` }),
    )
    const silence = await silent
    return { ...response, silence, ...recorded.end() }
  }
}
