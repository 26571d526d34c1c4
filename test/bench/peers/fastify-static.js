/** `@fastify/static`, which checks no signature. */
const fastifyStatic = require('@fastify/static')
const fastify = require('fastify')

module.exports = async dir => {
  const app = fastify()
  app.register(fastifyStatic, { root: dir, prefix: '/stream/' })
  await app.ready()
  return (req, res) => {
    req.url = req.url.replace(/\?.*/, '.mp3')
    app.routing(req, res)
  }
}
