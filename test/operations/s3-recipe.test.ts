/** The recipe of `docs/recipes/s3.md`, with a real S3 server. */
import { CreateBucketCommand, PutObjectCommand } from '@aws-sdk/client-s3'
import { createLinks, idFromPath } from 'express-signed-stream'
import { makeEnder } from '../support/at-the-end'
import { ask, type Answer } from '../support/client'
import { makeRecipeProject, startRecipe, type RunningRecipe } from '../support/recipe'
import { SECRET, TRACK } from '../support/tracks'
import { startS3Server, type S3Server } from './s3-server'

const atTheEnd = makeEnder()
const project = makeRecipeProject('s3', ['@aws-sdk/client-s3'])
atTheEnd(project.remove)
let s3: S3Server
let server: RunningRecipe

const LESSON = 'Übungen/Lesson 1 #2.flac'

beforeAll(async () => {
  s3 = await startS3Server()
  atTheEnd(() => s3[Symbol.asyncDispose]())
  const Bucket = 'lessons'
  await s3.client.send(new CreateBucketCommand({ Bucket }))
  await s3.client.send(new PutObjectCommand({ Bucket, Key: `masters/${LESSON}`, Body: TRACK }))
  await s3.client.send(new PutObjectCommand({ Bucket, Key: 'private.flac', Body: TRACK }))
  const { accessKeyId, secretAccessKey } = await s3.client.config.credentials()
  server = await startRecipe(project.path, 'server.ts', {
    env: {
      S3_ENDPOINT: s3.endpoint,
      BUCKET: Bucket,
      AWS_REGION: await s3.client.config.region(),
      AWS_ACCESS_KEY_ID: accessKeyId,
      AWS_SECRET_ACCESS_KEY: secretAccessKey,
    },
  })
  atTheEnd(() => server.stop())
}, 60_000)

function play(path: string): Promise<Answer> {
  return ask(server.port, `/play/${encodeURIComponent(idFromPath(path))}`)
}

async function urlFor(path: string): Promise<string> {
  return (JSON.parse((await play(path)).body.toString()) as { url: string }).url
}

describe('The recipe with a bucket', () => {
  it('says size and type of an object, and plays it', async () => {
    const described = JSON.parse((await play(LESSON)).body.toString()) as object
    expect(described).toMatchObject({ size: TRACK.length, type: 'audio/flac' })
    const { status, headers, body } = await ask(server.port, await urlFor(LESSON))
    expect([status, headers['content-type'], body.equals(TRACK)]).toEqual([200, 'audio/flac', true])
  })

  it('seeks in it', async () => {
    const range = { headers: { Range: 'bytes=299000-' } }
    const { status, body } = await ask(server.port, await urlFor(LESSON), range)
    expect([status, body.equals(TRACK.subarray(299_000))]).toEqual([206, true])
  })

  it('signs nothing for an object that does not exist, or is not below the prefix', async () => {
    expect((await play('Übungen/Lesson 9.flac')).status).toBe(404)
    expect((await play('private.flac')).status).toBe(404)
    const links = createLinks({ secret: SECRET, baseUrl: '/stream' })
    const url = links.signUrl(idFromPath('private.flac'), { expiresIn: 60 })
    expect((await ask(server.port, url)).status).toBe(404)
  })

  it('responds with 404 to an id that no path has, and with 400 to what is no id', async () => {
    expect((await ask(server.port, '/play/-2e_-2e_--private-2e_flac')).status).toBe(404)
    expect((await ask(server.port, '/play/..%2Fprivate.flac')).status).toBe(400)
  })
})
