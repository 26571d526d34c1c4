/**
 * A bucket of S3, or of another store that speaks its protocol: what follows the prefix in its keys is a tree of folders.
 * Apart from the other libraries, because it loads the AWS SDK.
 */
import { ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3'
import { StreamError, type StreamLogger } from 'express-signed-stream'
import { s3Source } from 'express-signed-stream/s3'
import type { LibrarySettings } from '../settings/library-settings'
import { createShortCache } from '../work/short-cache'
import type { Library } from './library'
import { createOmissionLog } from './omission-log'
import { listBucket } from './s3-listing'
import { resolveInTree } from './tree-paths'

type S3Settings = Extract<LibrarySettings, { kind: 's3' }>

/** Milliseconds until a connection to the store. */
const CONNECTION_TIMEOUT = 2000

/** Milliseconds for which a listing is served: it costs a request for each thousand keys. */
const FRESH_FOR = 30_000

/** Milliseconds for which a successful look counts, because each is a request that is paid for. */
const LOOK_FOR = 10_000

/** Milliseconds for a look. */
const LOOK_TIMEOUT = 2000

/** @throws Error if the client finds no region */
export async function createS3Library(settings: S3Settings, logger: StreamLogger): Promise<Library> {
  const { bucket, prefix, endpoint, forcePathStyle, region } = settings
  const client = new S3Client({
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(region === undefined ? {} : { region }),
    forcePathStyle,
    // The stream retries by itself, so that one attempt more is enough for the listing.
    maxAttempts: 2,
    // A checksum is that of a whole object, and the stream reads ranges.
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: { connectionTimeout: CONNECTION_TIMEOUT },
  })
  await client.config.region()
  const logOmissions = createOmissionLog(logger)

  const looked = createShortCache(async () => look(client, bucket, prefix), {
    freshFor: LOOK_FOR,
    isKept: found => found === true,
  })

  return {
    kind: 's3',
    place: `s3://${bucket}/${prefix}`,
    origin: { source: s3Source({ client, bucket, prefix, resolve: resolveInTree }) },
    freshFor: FRESH_FOR,
    async list(signal) {
      try {
        const { found, describe } = await listBucket({ client, bucket, prefix }, signal)
        logOmissions(found)
        return await found.list(signal, describe)
      } catch (error) {
        signal.throwIfAborted()
        throw new StreamError('SOURCE_UNAVAILABLE', { cause: error })
      }
    },
    fileOf: () => undefined,
    look: () => looked('', new AbortController().signal),
    close() {
      client.destroy()
    },
  }
}

/** Requests one key. */
async function look(client: S3Client, bucket: string, prefix: string): Promise<boolean | undefined> {
  const command = new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix, MaxKeys: 1 })
  try {
    await client.send(command, { abortSignal: AbortSignal.timeout(LOOK_TIMEOUT) })
    return true
  } catch (error) {
    const { name, $metadata: { httpStatusCode: status } = {} } = error as {
      readonly name?: string
      readonly $metadata?: { readonly httpStatusCode?: number }
    }
    // The credentials may read tracks, but not list them, which is enough if links are signed elsewhere.
    if (name === 'AccessDenied') return true
    // The store limits requests (SlowDown), which says nothing about the tracks.
    return status === 503 || status === 429 ? undefined : false
  }
}
