import { createStreamHandler } from 'express-signed-stream'
import { fromNodeMiddleware } from 'h3'

const secret = process.env.SECRET_KEY // openssl rand -hex 32

export default fromNodeMiddleware(createStreamHandler({ path: '/stream', dir: 'audio', secret }))
