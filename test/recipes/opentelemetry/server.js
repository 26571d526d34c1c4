const express = require('express')
const { createStreamRouter } = require('express-signed-stream')

const app = express()
app.use('/stream', createStreamRouter({ dir: 'audio', secret: process.env.SECRET_KEY }))
app.listen(process.env.PORT ?? 8082)
