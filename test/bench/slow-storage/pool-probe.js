/** Required by a server of Node: writes when a task of the thread pool that needs no storage begins, and its milliseconds. */
const { randomBytes } = require('node:crypto')
const { appendFileSync } = require('node:fs')

setInterval(() => {
  const start = performance.now()
  appendFileSync(process.env.POOL_PROBE, 'begun\n')
  randomBytes(16, () => {
    appendFileSync(process.env.POOL_PROBE, `${performance.now() - start}\n`)
  })
}, 100).unref()
