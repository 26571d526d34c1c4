/** Requests that come over no socket: light-my-request, which fastify.inject is. */
import express from 'express'
import inject from 'light-my-request'
import { buffer } from 'node:stream/consumers'
import { expressApp, fastifyHijacked, fastifyMiddie } from './frameworks.mjs'
import { pass } from './node.mjs'

function exchanges(send) {
  return {
    async request({ method, path, headers }) {
      const response = await send({ method, url: path, headers })
      return { status: response.statusCode, headers: response.headers, body: response.rawPayload }
    },
  }
}

export const hosts = {
  'light-my-request': use => {
    const handler = use()
    return exchanges(request => inject((req, res) => handler(req, res, pass(req, res)), request))
  },
  'light-my-request as a stream': use => {
    const handler = use()
    return exchanges(async request => {
      const response = await inject((req, res) => handler(req, res, pass(req, res)), {
        ...request,
        payloadAsStream: true,
      })
      const { statusCode, headers } = response
      return { statusCode, headers, rawPayload: await buffer(response.stream()) }
    })
  },
  'light-my-request into Express': use => {
    const app = expressApp(express, use)
    return exchanges(request => inject(app, request))
  },
  'fastify.inject by hijack': async use => {
    const fastify = await fastifyHijacked(use)
    return { ...exchanges(request => fastify.inject(request)), close: () => fastify.close() }
  },
  'fastify.inject by middie': async use => {
    const fastify = await fastifyMiddie(use)
    return { ...exchanges(request => fastify.inject(request)), close: () => fastify.close() }
  },
}
