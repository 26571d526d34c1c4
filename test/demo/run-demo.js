/** Lets a child process run the demo's TypeScript, on the package's: `node -r run-demo.js demo/server.ts`. */
const Module = require('node:module')
const { join } = require('node:path')
require('../support/run-typescript.js')

const source = join(__dirname, '../../src')
const entries = new Map([
  ['express-signed-stream', join(source, 'index.ts')],
  ['express-signed-stream/metrics', join(source, 'metrics/index.ts')],
])
const resolve = Module._resolveFilename
Module._resolveFilename = function resolveFilename(request, ...others) {
  return entries.get(request) ?? resolve.call(this, request, ...others)
}
