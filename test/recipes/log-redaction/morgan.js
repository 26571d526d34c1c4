import express from 'express'
import { createStreamRouter, redactLink } from 'express-signed-stream'
import morgan from 'morgan'

morgan.token('url', req => redactLink(req.originalUrl))
morgan.token('referrer', req => redactLink(req.get('Referer') ?? '-'))

const app = express()
app.use(morgan('combined'))
app.use('/stream', createStreamRouter({ dir: 'audio', secret: process.env.SECRET_KEY }))

app.listen(process.env.PORT ?? 8082)
