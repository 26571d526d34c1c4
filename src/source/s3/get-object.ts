/** The requests for one object, by the app's client. */
import {
  GetObjectCommand,
  HeadObjectCommand,
  type GetObjectCommandOutput,
  type HeadObjectCommandOutput,
} from '@aws-sdk/client-s3'
import { Readable } from 'node:stream'
import type { RangeRequest, StoreResponse, StoreContent, StoreObject } from '../ranged/store'
import { linkAbort } from '../link-abort'
import { untilAborted } from '../until-aborted'
import type { ObjectPlace } from './object-key'
import { readFailure } from './read-failure'
import type { S3Settings } from './s3-options'

type GetObject = (place: ObjectPlace) => Pick<StoreObject, 'get' | 'head'>

export function createGetObject({
  client,
  bucket,
  pin,
  absentOn403,
  requestPayer,
  sse,
}: S3Settings): GetObject {
  const encryption =
    sse === undefined
      ? {}
      : {
          SSECustomerAlgorithm: 'AES256',
          SSECustomerKey: Buffer.from(sse.customerKey).toString('base64'),
        }
  const payer = requestPayer === undefined ? {} : { RequestPayer: requestPayer }

  return function getObject({ key, version: named }) {
    // A later request without one of these fields would read another object.
    function inputFor(version: string | undefined) {
      return {
        Bucket: bucket,
        Key: key,
        ...(version === undefined ? {} : { VersionId: version }),
        ...payer,
        ...encryption,
      }
    }

    async function receive(
      request: Promise<GetObjectCommandOutput | HeadObjectCommandOutput>,
      own: AbortController,
      signal: AbortSignal,
    ): Promise<StoreResponse> {
      const unlink = linkAbort(signal, own)
      try {
        return readContent(await untilAborted(request, signal), own)
      } catch (error) {
        if (!signal.aborted) return readFailure(error, absentOn403)
        // A client that does not honour the signal may still bring a body, which holds a connection.
        request
          .then(output => {
            readContent(output, own).release()
          })
          .catch(ignore)
        throw signal.reason
      } finally {
        unlink()
      }
    }

    async function get(
      { range, condition, version }: RangeRequest,
      signal: AbortSignal,
    ): Promise<StoreResponse> {
      signal.throwIfAborted()
      const own = new AbortController()
      const input = {
        ...inputFor(named ?? (pin === 'version' ? version : undefined)),
        Range: range,
        ...(condition?.field === 'if-match' ? { IfMatch: condition.value } : {}),
        ...(condition?.field === 'if-none-match' ? { IfNoneMatch: condition.value } : {}),
      }
      return receive(client.send(new GetObjectCommand(input), { abortSignal: own.signal }), own, signal)
    }

    async function head(signal: AbortSignal): Promise<StoreResponse> {
      signal.throwIfAborted()
      const own = new AbortController()
      const command = new HeadObjectCommand(inputFor(named))
      return receive(client.send(command, { abortSignal: own.signal }), own, signal)
    }

    return { get, head }
  }
}

function readContent(
  output: GetObjectCommandOutput | HeadObjectCommandOutput,
  own: AbortController,
): StoreContent {
  const body = 'Body' in output ? toReadable(output.Body) : undefined
  const { LastModified: modified } = output
  // Nobody may be listening when the connection breaks, and an error without a listener ends the process.
  body?.on('error', ignore)
  return {
    kind: 'content',
    isPartial: output.$metadata.httpStatusCode === 206,
    contentLength: output.ContentLength,
    contentRange: output.ContentRange,
    contentType: output.ContentType,
    // Some stores keep the mark of the encoding of an upload, of which they have removed the encoding itself.
    contentEncoding: output.ContentEncoding?.replace(/^aws-chunked(,\s*|$)/, ''),
    etag: output.ETag,
    lastModified: modified === undefined ? undefined : Math.floor(modified.getTime() / 1000),
    date: undefined,
    version: output.VersionId,
    body,
    release: () => {
      if (body === undefined || body.readableEnded) return
      body.destroy()
      // The body may be a copy, such as one with a checksum; this frees the connection itself.
      own.abort()
    },
  }
}

function ignore(): void {
  // The error goes to what reads the body.
}

/** A client with a handler that uses `fetch` gives a stream of the web. */
function toReadable(body: unknown): Readable | undefined {
  if (body === undefined || body instanceof Readable) return body
  if (body instanceof ReadableStream) return Readable.fromWeb(body)
  throw new TypeError('The client gave a body that is not a stream')
}
