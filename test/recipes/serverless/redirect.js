import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { getSignedUrl } from '@aws-sdk/s3-request-presigner'
import express from 'express'
import { createStreamRouter } from 'express-signed-stream'
import { s3Source } from 'express-signed-stream/s3'
import serverless from 'serverless-http'

const client = new S3Client()
const bucket = process.env.BUCKET

const app = express()
app.use(
  '/stream',
  createStreamRouter({
    source: s3Source({ client, bucket }),
    secret: process.env.SECRET_KEY,
    offload: {
      kind: 'redirect',
      presign: (id, { expiresIn }) =>
        getSignedUrl(client, new GetObjectCommand({ Bucket: bucket, Key: `${id}.mp3` }), { expiresIn }),
    },
  }),
)

export const handler = serverless(app)
