/**
 * One host in a process of its own. The test sends calls over IPC and gets back what a client of the host received,
 * and what the package published meanwhile.
 */
import { listen } from './clients.mjs'
import { createExchange, turns } from './exchange.mjs'
import { makeHandler } from './forms.mjs'
import { record } from './record.mjs'

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

const exchange = createExchange(recorded)

const calls = {
  async exchange({ setting, ...details }) {
    return exchange(mounted[setting], details)
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
