/** The router on each host, and the handler on its own: the same suites run over all of them. */
import type { RequestListener } from 'node:http'
import { createStreamHandler, createStreamRouter, type StreamRouterOptions } from 'express-signed-stream'
import { HOSTS } from './server'

/** Serves tracks at `/stream`; `next` gets what is handed on, where the host has nobody else for it. */
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
