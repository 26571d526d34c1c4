/** Tracks in a bucket: the id is the path of the key, and a link is signed only for an object that exists. */
import { S3Client } from '@aws-sdk/client-s3'
import express from 'express'
import {
  createLinks,
  createStreamRouter,
  pathFromId,
  streamErrorHandler,
  validateId,
} from 'express-signed-stream'
import { s3Source } from 'express-signed-stream/s3'

const { SECRET_KEY: secret, BUCKET: bucket = 'my-audio', S3_ENDPOINT: endpoint, PORT = 8080 } = process.env

// Region and credentials are those of the environment, of the role of the machine, or of ~/.aws.
const client = new S3Client({
  maxAttempts: 2,
  ...(endpoint !== undefined && {
    endpoint,
    forcePathStyle: true,
    responseChecksumValidation: 'WHEN_REQUIRED',
  }),
})

const links = createLinks({ secret, baseUrl: '/stream' })
const stream = createStreamRouter({
  links,
  source: s3Source({ client, bucket, prefix: 'masters/', resolve: pathFromId }),
  cache: { maxBytes: 256 * 1024 * 1024 },
})

const app = express()
app.use('/stream', stream)

app.get('/play/:id', validateId(), async (req, res) => {
  const { id } = req.params
  // Your own check: may this user hear it?
  const track = await stream.describe(id)
  if (track === undefined) return void res.sendStatus(404)
  const { url, expires, playUntil } = links.createLink(id, { expiresIn: '5m', playFor: '4h' })
  res.json({ url, expires, playUntil, size: track.size, type: track.type })
})

app.use(streamErrorHandler())
app.listen(PORT)
