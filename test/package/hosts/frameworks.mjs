/** Frameworks on a real socket. */
import http from 'node:http'
import http2 from 'node:http2'
import middie from '@fastify/middie'
import { getRequestListener } from '@hono/node-server'
import express from 'express'
import express4 from 'express4'
import Fastify from 'fastify'
import { Hono } from 'hono'
import Koa from 'koa'
import { pass } from './node.mjs'

export function expressApp(make, use, isNamed = true) {
  const app = make()
  if (!isNamed) app.disable('x-powered-by')
  app.use('/stream', use(''))
  app.use((_req, res) => res.status(404).send('of the app'))
  return app
}

export async function fastifyHijacked(use, options = {}) {
  const fastify = Fastify(options)
  const handler = use()
  fastify.route({
    method: ['GET', 'HEAD', 'POST', 'OPTIONS'],
    url: '/stream/*',
    exposeHeadRoute: false,
    handler(request, reply) {
      reply.hijack()
      handler(request.raw, reply.raw, pass(request.raw, reply.raw))
    },
  })
  fastify.setNotFoundHandler((_request, reply) => reply.code(404).send('of the app'))
  await fastify.ready()
  return fastify
}

export async function fastifyMiddie(use) {
  const fastify = Fastify()
  await fastify.register(middie)
  fastify.use(use())
  fastify.setNotFoundHandler((_request, reply) => reply.code(404).send('of the app'))
  await fastify.ready()
  return fastify
}

async function listenFastify(fastify, listen, protocol) {
  await fastify.listen({ port: 0, host: '127.0.0.1' })
  const exchanges = await listen(fastify.server, protocol, fastify.server.address().port)
  return {
    ...exchanges,
    close() {
      exchanges.disconnect()
      return fastify.close()
    },
  }
}

function koa(use) {
  const app = new Koa()
  const handler = use()
  app.use((ctx, next) => {
    if (!ctx.path.startsWith('/stream/')) return next()
    ctx.respond = false
    return new Promise(resolve => {
      ctx.res.once('close', resolve)
      handler(ctx.req, ctx.res, resolve)
    })
  })
  app.use(ctx => {
    ctx.status = 404
    ctx.body = 'of the app'
  })
  return app
}

/**
 * In front of Hono's listener. A route of its own that returns RESPONSE_ALREADY_SENT is not enough: Hono answers HEAD by
 * a response that it makes of the route's.
 */
function hono(use) {
  const app = new Hono()
  app.notFound(c => c.text('of the app', 404))
  const listener = getRequestListener(app.fetch)
  const handler = use()
  return (req, res) => handler(req, res, () => listener(req, res))
}

export const hosts = {
  'Express 5': (use, { listen }) => listen(http.createServer(expressApp(express, use))),
  'Express 4': (use, { listen }) => listen(http.createServer(expressApp(express4, use))),
  'Express 5 without X-Powered-By': (use, { listen }) =>
    listen(http.createServer(expressApp(express, use, false))),
  'Fastify by hijack': async (use, { listen }) => listenFastify(await fastifyHijacked(use), listen),
  'Fastify by hijack over HTTP/2': async (use, { listen }) =>
    listenFastify(await fastifyHijacked(use, { http2: true }), listen, 'h2c'),
  'Fastify by middie': async (use, { listen }) => listenFastify(await fastifyMiddie(use), listen),
  Koa: (use, { listen }) => listen(http.createServer(koa(use).callback())),
  'in front of Hono': (use, { listen }) => listen(http.createServer(hono(use))),
  'in front of Hono over HTTP/2': (use, { listen }) => listen(http2.createServer(hono(use)), 'h2c'),
}
