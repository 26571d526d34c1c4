/** The hosts that suites run on: the router in each of its hosts, and the handler without one. */
import type { RequestListener } from 'node:http'
import { createStreamHandler, createStreamRouter, type StreamRouterOptions } from 'express-signed-stream'
import { HOSTS } from './server'

/** Serves tracks at `/stream`; `next` gets the requests that are not for it. */
export type ServeStream = (options: StreamRouterOptions, next?: RequestListener) => RequestListener

export const STREAM_HOSTS: readonly (readonly [string, ServeStream])[] = [
  ...HOSTS.map(([host, mount]): [string, ServeStream] => [
    `createStreamRouter on ${host}`,
    (options, next) => {
      const router = createStreamRouter(options)
      if (next === undefined) return mount(router)
      return mount((req, res) => {
        router(req, res, () => {
          next(req, res)
        })
      })
    },
  ]),
  [
    'createStreamHandler',
    (options, next) => {
      const handler = createStreamHandler({ ...options, path: '/stream' })
      if (next === undefined) return handler
      return (req, res) => {
        handler(req, res, () => {
          next(req, res)
        })
      }
    },
  ],
]

const CACHES: readonly (readonly [string, StreamRouterOptions['cache']])[] = [
  ['with its caches', undefined],
  ['without caches', false],
  // Less than a track of the tests.
  ['with too little room', { maxBytes: 200_000, maxFiles: 1 }],
]

function hostNamed(name: RegExp): readonly (readonly [string, ServeStream])[] {
  return STREAM_HOSTS.filter(([host]) => name.test(host))
}

/**
 * For what depends on the storage: each cache with nothing between us and the socket, and the default one on the host
 * with the most between. What does not depend on it runs on all of {@link STREAM_HOSTS}.
 */
export const HOSTS_AND_CACHES = [
  ...hostNamed(/createStreamHandler/).flatMap(host => CACHES.map(cache => [host, cache] as const)),
  ...hostNamed(/Express 5/).flatMap(host => CACHES.slice(0, 1).map(cache => [host, cache] as const)),
].map(([[host, serveStream], [what, cache]]) => [`${host}, ${what}`, serveStream, cache] as const)
