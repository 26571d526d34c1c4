/**
 * One host in a process of its own. The test sends calls over IPC and gets back what a client of the host received,
 * and what the package published meanwhile.
 */
import { setImmediate as nextTurn } from 'node:timers/promises'
import { listen } from './clients.mjs'
import { makeHandler } from './forms.mjs'
import { record } from './record.mjs'

/** Milliseconds after which a client gives up. Only a host that fails takes as long. */
const PATIENCE = 4000

const NOTHING = 'Nothing came after the event'

const { module, host, settings } = JSON.parse(process.argv[2])
const recorded = record()
const mounted = await mount().catch(error => {
  process.send({ error: String(error.stack) }, () => process.exit(1))
})

async function mount() {
  // No other module: Restify, once loaded, changes the responses of the whole process.
  const { hosts } = await import(`./${module}.mjs`)
  return Promise.all(
    settings.map(({ form, isLogged = false, ...options }) => {
      const use = path =>
        recorded.observe(makeHandler(form, { ...options, path: path ?? '/stream' }), isLogged)
      return hosts[host](use, { listen })
    }),
  )
}

function patiently(promise, what) {
  let timer
  const expired = new Promise((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} did not come`)), PATIENCE)
  })
  return Promise.race([promise, expired]).finally(() => clearTimeout(timer))
}

async function turns() {
  for (let turn = 0; turn < 20; turn++) await nextTurn()
}

const calls = {
  /** Sends `request`, and waits for the end of it: as the client sees it, and as the package publishes it. */
  async exchange({ setting, request, spoils, awaits, isPaused, isImpatient }) {
    recorded.begin(spoils)
    const event = awaits === undefined ? undefined : patiently(recorded.next(awaits), `The ${awaits} event`)
    const silent = event?.then(
      () => undefined,
      error => error.message,
    )
    const controls = { signal: AbortSignal.timeout(PATIENCE), pause: isPaused ? silent : undefined }
    const limit = isImpatient ? silent.then(turns).then(() => Promise.reject(new Error(NOTHING))) : undefined
    const answer = mounted[setting].request(request, controls)
    const response = await patiently(limit ? Promise.race([answer, limit]) : answer, 'The response').then(
      received => ({ received }),
      error => ({ failure: `${error.code ?? error.name}: ${error.message}` }),
    )
    const silence = await silent
    return { ...response, silence, ...recorded.end() }
  },

  port() {
    return mounted[0].port
  },

  /** What went wrong outside of any exchange, after the host has stopped. */
  async stop() {
    for (const exchanges of mounted) await exchanges.close?.()
    // What sockets that are none have yet to emit.
    await turns()
    return recorded.total()
  },
}

process.on('message', async ({ call, argument }) => {
  try {
    process.send({ result: await calls[call](argument) })
  } catch (error) {
    process.send({ error: String(error.stack) })
  }
})
process.on('disconnect', () => process.exit())
if (mounted !== undefined) process.send({ result: 'ready' })
