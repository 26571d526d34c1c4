import { once } from 'node:events'
import { S3Client } from '@aws-sdk/client-s3'
import { listBucket } from '../../demo/library/s3-listing'
import { makeEnder } from '../support/at-the-end'
import { BUCKET, sendError, startFakeBucket, type FakeBucket } from './fake-bucket'

const atTheEnd = makeEnder()
/** Of a client that stays. */
const { signal: STAYS } = new AbortController()

let bucket: FakeBucket
let client: S3Client

beforeAll(async () => {
  bucket = await startFakeBucket()
  atTheEnd(() => bucket[Symbol.asyncDispose]())
  client = new S3Client({
    endpoint: bucket.endpoint,
    forcePathStyle: true,
    region: 'us-east-1',
    credentials: { accessKeyId: 'testaccess', secretAccessKey: 'testsecretkey' },
    maxAttempts: 1,
  })
  atTheEnd(() => {
    client.destroy()
  })
})

beforeEach(() => {
  bucket.objects.clear()
  bucket.requests.length = 0
  bucket.fault = undefined
})

async function list(
  signal: AbortSignal,
  timeLimit?: number,
): Promise<[paths: string[], isComplete: boolean]> {
  const { found, describe } = await listBucket({ client, bucket: BUCKET, prefix: '' }, signal, timeLimit)
  const listing = await found.list(signal, describe)
  return [
    listing
      .slice(0, listing.length)
      .map(({ path = '', description }) => `${path} ${description?.size ?? ''}`),
    listing.isComplete,
  ]
}

function put(...keys: string[]): void {
  for (const key of keys) bucket.objects.set(key, Buffer.alloc(3))
}

describe('listBucket', () => {
  it('follows the pages of the store', async () => {
    bucket.pageSize = 2
    put('e.mp3', 'a.mp3', 'b/d.mp3', 'b/c.mp3', 'f.txt')
    expect(await list(STAYS)).toEqual([['a.mp3 3', 'e.mp3 3', 'b/c.mp3 3', 'b/d.mp3 3'], true])
    expect(bucket.requests).toEqual(['LIST', 'LIST', 'LIST'])
  })

  it('ends after 300 requests, and says that the listing is not complete', async () => {
    bucket.pageSize = 1
    put('a.mp3', ...Array.from({ length: 400 }, (_, index) => `b${index}.txt`))
    expect(await list(STAYS)).toEqual([['a.mp3 3'], false])
    expect(bucket.requests).toHaveLength(300)
  })

  it('keeps what came before the store stalls', async () => {
    bucket.pageSize = 1
    put('a.mp3', 'b.mp3', 'c.mp3')
    bucket.fault = () => (bucket.requests.length > 2 ? 'answered' : undefined)
    expect(await list(STAYS, 500)).toEqual([['a.mp3 3', 'b.mp3 3'], false])
  })

  it('rejects if the store never responds', async () => {
    bucket.fault = () => 'answered'
    await expect(list(STAYS, 50)).rejects.toThrow('The keys of the bucket were not listed within 50 ms')
  })

  it('rejects if a later page fails: half a list would hide tracks', async () => {
    bucket.pageSize = 1
    put('a.mp3', 'b.mp3')
    bucket.fault = (_req, res) => {
      if (bucket.requests.length < 2) return undefined
      sendError(res, 500, 'InternalError')
      return 'answered'
    }
    await expect(list(STAYS)).rejects.toThrow('A secret of the store')
  })

  it('ends with its client, and closes the connection', async () => {
    const controller = new AbortController()
    const closed = new Promise<unknown>(resolve => {
      bucket.fault = req => {
        resolve(once(req.socket, 'close'))
        controller.abort(new Error('Left'))
        return 'answered'
      }
    })
    await expect(list(controller.signal)).rejects.toThrow('Left')
    await closed
  })
})
