/** A server of tracks that are elsewhere, in a process of its own: sends its port, and its memory when asked. */
import { subscribe } from 'node:diagnostics_channel'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createStreamRouter, STREAM_CHANNELS } from '../../src'
import { makeContent, StubStore } from '../support/stub-store'

/** The report to the parent. */
export interface Memory {
  /** Bytes, after a garbage collection. */
  readonly arrayBuffers: number
  readonly resident: number
  /** Calls of the storage, and those in progress. */
  readonly calls: number
  readonly live: number
  /** Responses that have ended. */
  readonly completions: number
  /** Exceptions, rejections and warnings that nothing handled. */
  readonly faults: readonly string[]
}

/** The order of the parent, as JSON. */
export interface StalledOrder {
  readonly tracks: number
  /** Of each track. */
  readonly bytes: number
  readonly secret: string
}

const { tracks, bytes, secret } = JSON.parse(process.argv[2] ?? '') as StalledOrder
const faults: string[] = []
process.on('uncaughtException', error => faults.push(String(error.stack)))
process.on('unhandledRejection', reason => faults.push(String(reason)))
process.on('warning', warning => faults.push(String(warning)))

let completions = 0
subscribe(STREAM_CHANNELS.completion, () => completions++)

// One content for all: the memory of the server is what is measured.
const content = makeContent(bytes)
const store = new StubStore()
for (let index = 0; index < tracks; index++) store.put(`track${index}`, content)

const router = createStreamRouter({ source: store, secret, stallTimeout: 0 })
const server = createServer((req, res) => {
  router(req, res)
})
server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, () => {
  process.send?.((server.address() as AddressInfo).port)
})

process.on('message', () => {
  globalThis.gc?.()
  // What a collection has found is freed a little later.
  setTimeout(() => {
    const { arrayBuffers, rss: resident } = process.memoryUsage()
    const { calls, live } = store
    process.send?.({
      arrayBuffers,
      resident,
      calls: calls.length,
      live,
      completions,
      faults,
    } satisfies Memory)
  }, 50)
})
process.on('disconnect', () => {
  process.exit()
})
