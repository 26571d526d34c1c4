import { createSigner, isTrackId } from 'express-signed-stream'
import { defineHandler, HTTPError } from 'nitro/h3'

const signer = createSigner({ secret: process.env.SECRET_KEY, baseUrl: '/stream' })

export default defineHandler(event => {
  // Your own check comes first: may this user hear this track?
  const id = decodeURIComponent(event.context.params.id)
  if (!isTrackId(id)) throw new HTTPError('Not an id', { status: 400 })
  return { url: signer.signUrl(id, { expiresIn: 3600 }) }
})
