import { createSigner, isTrackId } from 'express-signed-stream'

export async function GET(_request, { params }) {
  // Your own check comes first: may this user hear this track?
  const { id } = await params
  if (!isTrackId(id)) return Response.json({ error: 'Not an id' }, { status: 400 })
  const signer = createSigner({ secret: process.env.SECRET_KEY, baseUrl: '/api/stream' })
  return Response.json({ url: signer.signUrl(id, { expiresIn: 3600 }) })
}
