import { createStreamHandler } from 'express-signed-stream'
import { fromNodeHandler } from 'nitro/h3'

const secret = process.env.SECRET_KEY // openssl rand -hex 32

export default fromNodeHandler(createStreamHandler({ path: '/stream', dir: 'audio', secret }))
