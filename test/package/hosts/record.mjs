/** Records what the package publishes, what `res` says afterwards, and what nobody caught. */
import { subscribe } from 'node:diagnostics_channel'
import { once, EventEmitter } from 'node:events'
import { statSync, truncateSync, utimesSync, writeFileSync } from 'node:fs'
import { STREAM_CHANNELS } from 'express-signed-stream'

/** What happens to a file as soon as the head of a response is written. */
const SPOILERS = {
  truncate: file => truncateSync(file, 70_000),
  rewrite: file => {
    const { size } = statSync(file)
    writeFileSync(file, Buffer.alloc(size, 'other content'))
    utimesSync(file, 1, 1)
  },
}

export function record() {
  const heard = new EventEmitter()
  const faults = []
  const totals = { request: 0, refusal: 0, completion: 0 }
  let events = []
  let spoils
  let last

  for (const kind of Object.keys(totals)) {
    subscribe(STREAM_CHANNELS[kind], event => {
      totals[kind]++
      events.push({ kind, ...event })
      heard.emit(kind)
      if (kind === 'request' && spoils !== undefined) SPOILERS[spoils.how](spoils.file)
    })
  }
  process.on('uncaughtException', (error, origin) => faults.push(`${origin}: ${error?.stack ?? error}`))
  process.on('warning', warning => faults.push(`warning: ${warning.code ?? warning.name} ${warning.message}`))

  return {
    /** @param isLogged whether the app waits for the end of the response, as loggers do */
    observe(handler, isLogged) {
      return function observed(req, res, next) {
        last = res
        if (isLogged) res.once?.('finish', () => undefined)
        return handler(req, res, next)
      }
    },
    begin(spoiler) {
      events = []
      last = undefined
      spoils = spoiler
    },
    async next(kind) {
      if (!events.some(event => event.kind === kind)) await once(heard, kind)
    },
    end() {
      const head = last === undefined ? undefined : plain(last.getHeaders())
      return { events: events.map(withoutError), head, faults: faults.splice(0) }
    },
    total() {
      return { totals, faults }
    },
  }
}

function plain(headers) {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]))
}

function withoutError({ cause, ...event }) {
  return { ...event, cause: cause && String(cause) }
}
