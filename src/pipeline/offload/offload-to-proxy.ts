/** Plans responses whose bytes a proxy in front of this process sends: nginx, Caddy, Apache, lighttpd. */
import { createHash, timingSafeEqual } from 'node:crypto'
import { join } from 'node:path'
import { COMMON_HEADERS } from '../../http/common-headers'
import { formatContentDisposition, formatDownload } from '../../http/content-disposition'
import { formatHttpDate } from '../../http/http-date'
import type { ResponseHeaders, SendPlan } from '../../http/response-plan'
import type { ServedHeaders } from '../../http/served-fields'
import type { OpenTrack } from '../../source/source'
import { warnOnce } from '../../warn-once'
import type { ServedRequest } from '../respond'
import { isCounted } from './is-counted'
import type { AccelRedirect, XSendfile } from './offload-options'

/** A plan for the proxy; undefined if this process serves the request itself. */
export type OffloadToProxy = (
  served: ServedRequest,
  track: OpenTrack,
  cacheControl: string,
) => SendPlan | undefined

/** A field cannot hold them, and a proxy may take a name with them for two. */
// eslint-disable-next-line no-control-regex -- these are the characters
const CONTROLS = /[\x00-\x1f\x7f]/

/**
 * What is not encoded may be read in two ways, and so as the name of another file: some versions of Caddy and mod_xsendfile
 * decode it, others do not, and in a URI a query or a fragment may begin.
 */
const DOUBTFUL = /%/
const DOUBTFUL_IN_URI = /[%?#]/

/**
 * @param directory absolute; the tracks are files below it
 * @param extraHeaders fields that every response carries besides
 */
export function createOffloadToProxy(
  option: AccelRedirect | XSendfile,
  directory: string,
  extraHeaders: ResponseHeaders | undefined,
): OffloadToProxy {
  const token = digestOf(option.proxyToken)
  const warn = warnOnce('EXPRESS_SIGNED_STREAM_OFFLOAD')

  /** So that nobody who reaches this process directly gets the empty response that is meant for the proxy. */
  function isFromProxy({ req }: ServedRequest): boolean {
    const given = req.headers['x-offload']
    if (given === undefined) return false
    const isRight = timingSafeEqual(digestOf(String(given)), token)
    if (!isRight) {
      warn(
        () =>
          'A request has another X-Offload than offload.proxyToken, so this process sends the bytes itself',
      )
    }
    return isRight
  }

  function nameFor(path: string): ResponseHeaders | undefined {
    const isUri = option.kind === 'x-accel-redirect'
    const isEncoded = option.encodePath ?? isUri
    if (CONTROLS.test(path) || (!isEncoded && (isUri ? DOUBTFUL_IN_URI : DOUBTFUL).test(path)))
      return undefined
    try {
      return isUri
        ? { 'X-Accel-Redirect': fieldValue(option.prefix + path, isEncoded) }
        : { 'X-Sendfile': fieldValue(join(directory, path), isEncoded) }
    } catch {
      // A lone surrogate has no encoding.
      return undefined
    }
  }

  return function offloadToProxy(served, track, cacheControl) {
    // A file behind a link is found by this process alone, which knows where links may lead.
    if (track.path === undefined || isCounted(served) || !isFromProxy(served)) return undefined
    const name = nameFor(track.path)
    if (name === undefined) return undefined
    const { grant } = served
    const { mediaType, etag, lastModified, fileName } = track.representation
    const disposition =
      grant?.downloadName === undefined
        ? fileName && formatContentDisposition(fileName)
        : formatDownload(grant.downloadName)
    const headers: ServedHeaders = {
      'Content-Type': mediaType,
      // Of this response; the proxy replaces it.
      'Content-Length': 0,
      ...(disposition && { 'Content-Disposition': disposition }),
      // nginx and Caddy evaluate conditions by validators of their own, Apache and lighttpd by ours.
      ...(option.kind === 'x-sendfile' && {
        ETag: etag,
        ...(lastModified !== undefined && { 'Last-Modified': formatHttpDate(lastModified) }),
      }),
      'Cache-Control': cacheControl,
      ...COMMON_HEADERS,
      ...extraHeaders,
      ...name,
    }
    return { kind: 'send', status: 200, headers, body: [], isOffloaded: true }
  }
}

function encodePath(path: string): string {
  return path.split('/').map(encodeURIComponent).join('/')
}

/** A field is written as Latin-1, so the bytes of UTF-8 are given as such characters. */
function fieldValue(path: string, isEncoded: boolean): string {
  return isEncoded ? encodePath(path) : Buffer.from(path).toString('latin1')
}

function digestOf(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
