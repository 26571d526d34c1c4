import express from 'express'
import { createStreamRouter, redactLink } from 'express-signed-stream'
import expressWinston from 'express-winston'
import winston from 'winston'

const app = express()
app.use(
  expressWinston.logger({
    transports: [new winston.transports.Console()],
    format: winston.format.json(),
    msg: req => `${req.method} ${redactLink(req.originalUrl)}`,
    // Without the URL, the query and the headers, which it logs by default.
    requestWhitelist: ['method', 'httpVersion'],
  }),
)
app.use('/stream', createStreamRouter({ dir: 'audio', secret: process.env.SECRET_KEY }))

app.listen(process.env.PORT ?? 8082)
