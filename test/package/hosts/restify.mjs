/** Restify, which makes `writeHead` return nothing, for every response of a process that loads it. */
import http from 'node:http'
import { createRequire } from 'node:module'
import { pass } from './node.mjs'

// Deprecated internals of Node that Restify's own dependencies load.
process.noDeprecation = true
// Restify 11 needs what Node 24 has no more, and Restify 12 needs Node 22.
const name = parseInt(process.versions.node) < 22 ? 'restify11' : 'restify12'
const restify = createRequire(import.meta.url)(name)
process.noDeprecation = false

function listen(server, listen) {
  server.on('NotFound', (_req, res, _error, next) => {
    res.sendRaw(404, 'of the app')
    next()
  })
  return listen(server.server, 'http')
}

export const hosts = {
  'node:http in a process that has loaded Restify': (use, { listen: open }) => {
    const handler = use()
    return open(http.createServer((req, res) => handler(req, res, pass(req, res))))
  },
  'Restify by server.pre': (use, { listen: open }) => {
    const server = restify.createServer()
    server.pre(use())
    return listen(server, open)
  },
  'Restify by routes': (use, { listen: open }) => {
    const server = restify.createServer()
    const handler = use()
    for (const method of ['get', 'head', 'post', 'opts']) {
      server[method]('/stream/:id', (req, res, next) => {
        res.once('close', () => next(false))
        handler(req, res, pass(req, res))
      })
    }
    return listen(server, open)
  },
}
