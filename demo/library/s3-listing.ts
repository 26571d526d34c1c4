/** Lists the keys of a bucket, within limits of number and time. */
import { ListObjectsV2Command, type ListObjectsV2CommandOutput, type S3Client } from '@aws-sdk/client-s3'
import { mediaTypeOf } from 'express-signed-stream'
import type { ListedTrack } from './library'
import { TreeCollector } from './tree-listing'
import { audioExtensionOf, folderOf, isTrackPath } from './tree-paths'

/** Keys of one response, whose XML then takes some milliseconds to parse. */
const KEYS_AT_A_TIME = 1000

/** Requests for one listing: a bucket may hold a million other objects. */
const MAX_REQUESTS = 300

/** Milliseconds for one listing. */
const TIME_LIMIT = 20_000

export interface Bucket {
  readonly client: S3Client
  readonly bucket: string
  /** What all keys begin with. */
  readonly prefix: string
}

export interface BucketListing {
  readonly found: TreeCollector
  /** By the response of the store, so that no track costs a request. */
  readonly describe: (path: string) => ListedTrack['description']
}

/**
 * @param timeLimit milliseconds
 * @throws Error if the store gives no keys within the time; the signal's reason once it aborts
 */
export async function listBucket(
  { client, bucket, prefix }: Bucket,
  signal: AbortSignal,
  timeLimit = TIME_LIMIT,
): Promise<BucketListing> {
  const found = new TreeCollector()
  const sizes = new Map<string, number>()
  const own = new AbortController()
  function stop(): void {
    own.abort(signal.reason)
  }
  const timer = setTimeout(() => {
    own.abort(new Error(`The keys of the bucket were not listed within ${timeLimit} ms`))
  }, timeLimit)
  signal.addEventListener('abort', stop, { once: true })

  function add(page: ListObjectsV2CommandOutput): void {
    for (const { Key, Size = 0 } of page.Contents ?? []) {
      const key = Key === undefined ? undefined : readKey(Key, page.EncodingType)
      const path = key?.startsWith(prefix) === true ? key.slice(prefix.length) : undefined
      if (path === undefined || !isTrackPath(path)) continue
      const folder = folderOf(path)
      if (found.add(folder, path.slice(folder === '' ? 0 : folder.length + 1))) sizes.set(path, Size)
    }
  }

  try {
    let after: string | undefined
    let requests = 0
    do {
      const command = new ListObjectsV2Command({
        Bucket: bucket,
        Prefix: prefix,
        MaxKeys: KEYS_AT_A_TIME,
        ContinuationToken: after,
        // XML cannot hold every character that a key may have.
        EncodingType: 'url',
      })
      const page = await client.send(command, { abortSignal: own.signal }).catch((error: unknown) => {
        signal.throwIfAborted()
        if (!own.signal.aborted) throw error
        // The time is up, and what came before is better than nothing.
        if (requests === 0) throw own.signal.reason
      })
      if (page !== undefined) add(page)
      else found.isComplete = false
      requests += 1
      after = page?.NextContinuationToken
    } while (after !== undefined && requests < MAX_REQUESTS && !found.isFull)
    if (after !== undefined) found.isComplete = false
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', stop)
  }
  return { found, describe: path => ({ size: sizes.get(path) ?? 0, type: typeOf(path) }) }
}

function typeOf(path: string): string {
  const extension = audioExtensionOf(path)
  return extension === undefined ? '' : mediaTypeOf(extension)
}

/** @returns undefined for a key that is not encoded as it says */
function readKey(text: string, encoding: string | undefined): string | undefined {
  if (encoding !== 'url') return text
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    return undefined
  }
}
