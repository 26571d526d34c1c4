/** Responses without a server: what tests and small adapters give a handler. */
import { EventEmitter } from 'node:events'
import { IncomingMessage, ServerResponse } from 'node:http'
import { PassThrough, Writable } from 'node:stream'
import mocks from 'node-mocks-http'
import { fakeResponse } from './fake-response.mjs'
import { pass } from './node.mjs'

function requestOf({ method, path, headers }) {
  const req = new IncomingMessage(new PassThrough())
  Object.assign(req, { method, url: path, httpVersion: '1.1', httpVersionMajor: 1, httpVersionMinor: 1 })
  req.headers = { host: 'localhost', ...headers }
  req.push(null)
  return req
}

/** @param respond makes the response to a request, and a function that gives what it holds when it has ended */
function detached(respond) {
  return use => {
    const handler = use()
    return {
      request(request) {
        const req = requestOf(request)
        const { res, read } = respond(req)
        const received = new Promise((resolve, reject) => {
          res.once('finish', () => resolve(read()))
          res.once('close', () => reject(new Error('The response was closed')))
          res.once('error', reject)
        })
        handler(req, res, pass(req, res))
        return received
      },
    }
  }
}

function texts(headers) {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]))
}

/** What stands on the wire of HTTP/1.1. */
function parse(status, wire) {
  const end = wire.indexOf('\r\n\r\n')
  const [, ...lines] = wire.subarray(0, end).toString('latin1').split('\r\n')
  const fields = lines.map(line => /^(.*?): (.*)$/.exec(line).slice(1))
  const headers = Object.fromEntries(fields.map(([name, value]) => [name.toLowerCase(), value]))
  return { status, headers, body: wire.subarray(end + 4) }
}

/** @param makeSocket of a function that takes chunks */
function onSocket(makeSocket) {
  return detached(req => {
    const res = new ServerResponse(req)
    const chunks = []
    const socket = makeSocket(chunk => chunks.push(Buffer.from(chunk)))
    res.assignSocket(socket)
    // As Node's own server does.
    socket.on('drain', () => res.emit('drain'))
    return { res, read: () => parse(res.statusCode, Buffer.concat(chunks)) }
  })
}

function noop() {}

/** The least that Node's own response asks of a socket. */
function objectSocket(take, hasRoom) {
  return {
    _writableState: {},
    writable: true,
    on: noop,
    removeListener: noop,
    destroy: noop,
    cork: noop,
    uncork: noop,
    write(chunk, encoding, callback) {
      take(typeof chunk === 'string' ? Buffer.from(chunk, encoding) : chunk)
      ;(typeof encoding === 'function' ? encoding : callback)?.()
      return hasRoom
    },
  }
}

function streamSocket(take) {
  return new Writable({
    write(chunk, encoding, callback) {
      take(Buffer.from(chunk, encoding))
      setImmediate(callback)
    },
  })
}

/** Takes over `write` and `end`, so that a socket is never used. */
function withoutSocket(socket) {
  return detached(req => {
    const res = new ServerResponse(req)
    if (socket !== undefined) res.socket = socket
    const chunks = []
    res.write = chunk => chunks.push(Buffer.from(chunk)) > 0
    res.end = chunk => {
      if (chunk) res.write(chunk)
      res.finished = true
      res.emit('finish')
    }
    const read = () => {
      const body = req.method === 'HEAD' ? Buffer.alloc(0) : Buffer.concat(chunks)
      return { status: res.statusCode, headers: texts(res.getHeaders()), body }
    }
    return { res, read }
  })
}

function faked(Base) {
  return detached(req => {
    const { res, chunks } = fakeResponse(Base)
    const read = () => {
      const body = req.method === 'HEAD' ? Buffer.alloc(0) : Buffer.concat(chunks)
      return { status: res.statusCode, headers: texts(res.getHeaders()), body }
    }
    return { res, read }
  })
}

function mocked(use) {
  const handler = use()
  return {
    request({ method, path, headers }) {
      const req = mocks.createRequest({ method, url: path, headers })
      const res = mocks.createResponse({ req, eventEmitter: EventEmitter })
      const received = new Promise((resolve, reject) => {
        res.once('error', reject)
        res.once('end', () => {
          const body = res._getBuffer().length > 0 ? res._getBuffer() : Buffer.from(res._getData())
          resolve({ status: res._getStatusCode(), headers: texts(res._getHeaders()), body })
        })
      })
      handler(req, res, pass(req, res))
      return received
    },
  }
}

export const hosts = {
  'no socket': withoutSocket(),
  'an empty object for a socket': withoutSocket({}),
  'an object for a socket': onSocket(take => objectSocket(take, true)),
  'an object for a socket, write returns nothing': onSocket(take => objectSocket(take)),
  'a stream for a socket': onSocket(streamSocket),
  'a stream for a response': faked(Writable),
  'an event emitter for a response': faked(EventEmitter),
  'node-mocks-http': mocked,
}
