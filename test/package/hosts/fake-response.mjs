/** Responses that are no ServerResponse: a stream, or an event emitter with the methods that everybody needs. */
import { EventEmitter } from 'node:events'
import { Writable } from 'node:stream'

function withHead(Base) {
  return class extends Base {
    statusCode = 200
    headersSent = false
    #fields = new Map()

    setHeader(name, value) {
      this.#fields.set(name.toLowerCase(), value)
      return this
    }
    getHeader(name) {
      return this.#fields.get(name.toLowerCase())
    }
    getHeaders() {
      return Object.fromEntries(this.#fields)
    }
    hasHeader(name) {
      return this.#fields.has(name.toLowerCase())
    }
    removeHeader(name) {
      this.#fields.delete(name.toLowerCase())
    }
    writeHead(status, fields = {}) {
      this.statusCode = status
      for (const [name, value] of Object.entries(fields)) this.setHeader(name, value)
      this.headersSent = true
      return this
    }
  }
}

/** @param Base `Writable` or `EventEmitter` */
export function fakeResponse(Base) {
  const chunks = []
  if (Base === Writable) {
    const res = new (withHead(Writable))({
      highWaterMark: 16_384,
      write(chunk, _encoding, callback) {
        chunks.push(Buffer.from(chunk))
        setImmediate(callback)
      },
    })
    return { res, chunks }
  }
  const res = new (withHead(EventEmitter))()
  res.write = chunk => chunks.push(Buffer.from(chunk)) > 0
  res.end = chunk => {
    if (chunk) res.write(chunk)
    res.emit('finish')
    res.emit('close')
  }
  return { res, chunks }
}
