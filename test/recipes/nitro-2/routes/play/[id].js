import { createSigner, isTrackId } from 'express-signed-stream'
import { createError, eventHandler, getRouterParam } from 'h3'

const signer = createSigner({ secret: process.env.SECRET_KEY, baseUrl: '/stream' })

export default eventHandler(event => {
  // Your own check comes first: may this user hear this track?
  const id = getRouterParam(event, 'id', { decode: true })
  if (!isTrackId(id)) throw createError({ statusCode: 400 })
  return { url: signer.signUrl(id, { expiresIn: 3600 }) }
})
