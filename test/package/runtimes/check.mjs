/**
 * Sends the exchanges of an order to servers in this process, by whatever runs it, and writes what came of each:
 * node check.mjs <order> <report>, two files of JSON. The modules beside it are those of the `hosts` project.
 */
import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import http from 'node:http'
import { createRequire } from 'node:module'
import express from 'express'
import { StreamError } from 'express-signed-stream'
import { listen } from './clients.mjs'
import { createExchange } from './exchange.mjs'
import { makeHandler } from './forms.mjs'
import { hosts as ofNode } from './node.mjs'
import { record } from './record.mjs'

const [orderFile, reportFile] = process.argv.slice(2)
const { settings, exchanges } = JSON.parse(readFileSync(orderFile, 'utf8'))
const recorded = record()

const HOSTS = {
  'node:http': ofNode['node:http'],
  'Express 5': (use, { listen }) => {
    const app = express()
    app.use(use())
    app.use((_req, res) => {
      res.status(404).send('of the app')
    })
    return listen(http.createServer(app))
  },
}

function describeBody(body) {
  const sha256 = createHash('sha256').update(body).digest('hex')
  return { length: body.length, sha256, ...(body.length < 400_000 && { base64: body.toString('base64') }) }
}

const exchange = createExchange(recorded)

async function check({ host, form, options }) {
  const use = () => recorded.observe(makeHandler(form, { ...options, path: '/stream' }), false)
  const mounted = await HOSTS[host](use, { listen })
  const seen = []
  for (const { request, awaits } of exchanges) {
    const { received, ...rest } = await exchange(mounted, { request, awaits })
    seen.push({ ...rest, received: received && { ...received, body: describeBody(received.body) } })
  }
  await mounted.close()
  return seen
}

// One after the other: what is recorded is of the whole process, and so is what nobody catches.
const results = []
for (const setting of settings) {
  results.push(
    await check(setting).catch(error => {
      console.error(error)
      process.exit(1)
    }),
  )
}

const require = createRequire(import.meta.url)
const isOneClass = require('express-signed-stream').StreamError === StreamError
writeFileSync(reportFile, JSON.stringify({ results, isOneClass, faults: recorded.total().faults }))
process.exit()
