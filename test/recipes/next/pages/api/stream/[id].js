import { createStreamHandler } from 'express-signed-stream'

export const config = {
  api: {
    bodyParser: false,
    externalResolver: true, // the response ends after this function
    responseLimit: false,
  },
}

let stream

export default function handler(req, res) {
  // At the first request, because `next build` loads this file too, without the secret.
  stream ??= createStreamHandler({ path: '/api/stream', dir: 'audio', secret: process.env.SECRET_KEY })
  stream(req, res)
}
