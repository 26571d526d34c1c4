import { createStreamHandler } from 'express-signed-stream'
import proxyAddr from 'proxy-addr'

export const config = {
  api: {
    bodyParser: false,
    externalResolver: true, // the response ends after this function
    responseLimit: false,
  },
}

const trust = proxyAddr.compile('loopback') // the proxy on this machine
let stream

export default function handler(req, res) {
  // At the first request, because `next build` loads this file too, without the secret.
  stream ??= createStreamHandler({ path: '/api/stream', dir: 'audio', secret: process.env.SECRET_KEY })
  req.ip = proxyAddr(req, trust)
  stream(req, res)
}
