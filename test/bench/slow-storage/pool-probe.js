/** Required by a server of Node: writes how many milliseconds a task of the thread pool took that needs no storage. */
const { randomBytes } = require('node:crypto')
const { appendFileSync } = require('node:fs')

setInterval(() => {
  const start = performance.now()
  randomBytes(16, () => {
    appendFileSync(process.env.POOL_PROBE, `${performance.now() - start}\n`)
  })
}, 100).unref()
