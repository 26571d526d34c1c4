import express from 'express'
import { createStreamRouter, redactLink } from 'express-signed-stream'
import { pinoHttp } from 'pino-http'

const app = express()
app.use(
  pinoHttp({
    serializers: {
      // Without the query, the cookies and the referrer, which pino-http logs by default.
      req: ({ id, method, url, remoteAddress, headers }) => ({
        id,
        method,
        url: redactLink(url),
        remoteAddress,
        range: headers.range,
        userAgent: headers['user-agent'],
      }),
      // Without Set-Cookie and Location.
      res: ({ statusCode, headers }) => ({ statusCode, contentRange: headers['content-range'] }),
    },
  }),
)
app.use('/stream', createStreamRouter({ dir: 'audio', secret: process.env.SECRET_KEY }))

app.listen(process.env.PORT ?? 8082)
