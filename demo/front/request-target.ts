/** What a request is for, by its method and target, before Express has parsed either. */
import type { IncomingMessage } from 'node:http'

type RequestLine = Pick<IncomingMessage, 'method' | 'url'>

/** Below `/stream/`; some proxies send the whole URL (RFC 9112, section 3.2.2). */
const STREAM_TARGET = /^(?:[a-z][a-z0-9+.-]*:\/\/[^/?#]*)?\/stream\//i

export function isRead({ method }: RequestLine): boolean {
  return method === 'GET' || method === 'HEAD'
}

/** The target without its query, which holds a signature if the target is a signed link. */
export function pathOf({ url = '' }: RequestLine): string {
  const [path = ''] = url.split('?', 1)
  return path
}

/** Whether a track is requested. */
export function isStreamRequest(request: RequestLine): boolean {
  return isRead(request) && STREAM_TARGET.test(request.url ?? '')
}
