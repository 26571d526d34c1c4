/** Node's own responses, whose methods somebody has replaced. */
import http from 'node:http'
import { pass } from './node.mjs'

/** A server that changes each response before the handler gets it. */
function changed(change) {
  return (use, { listen }) => {
    const handler = use()
    return listen(
      http.createServer((req, res) => {
        change(res)
        handler(req, res, pass(req, res))
      }),
    )
  }
}

function withoutResult(method) {
  return changed(res => {
    const original = res[method]
    res[method] = function (...args) {
      original.apply(res, args)
    }
  })
}

function alwaysFull(res) {
  const { write } = res
  res.write = function (...args) {
    if (write.apply(res, args)) setImmediate(() => res.emit('drain'))
    return false
  }
}

/** Keeps what is written, not copies of it, as recorders and caches do. */
function recordWrites(res) {
  const { write, end } = res
  const chunks = []
  res.write = function (chunk, ...others) {
    chunks.push(chunk)
    return write.call(res, chunk, ...others)
  }
  res.end = function (chunk, ...others) {
    if (chunk) chunks.push(chunk)
    return end.call(res, chunk, ...others)
  }
  return chunks
}

/** Its client gets what was recorded, as it is when the response has been sent. */
async function recorded(use, { listen }) {
  const handler = use()
  let chunks
  const server = http.createServer((req, res) => {
    chunks = recordWrites(res)
    handler(req, res, pass(req, res))
  })
  const exchanges = await listen(server)
  return {
    ...exchanges,
    async request(request, ...others) {
      const response = await exchanges.request(request, ...others)
      return request.method === 'HEAD' ? response : { ...response, body: Buffer.concat(chunks.map(asBuffer)) }
    },
  }
}

function asBuffer(chunk) {
  return Buffer.from(chunk)
}

export const hosts = {
  'writeHead returns nothing': withoutResult('writeHead'),
  'write returns nothing': withoutResult('write'),
  'end returns nothing': withoutResult('end'),
  'write always reports a full buffer': changed(alwaysFull),
  'write and end are recorded': recorded,
}
