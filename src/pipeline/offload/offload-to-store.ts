/** Redirects clients to a URL of the store, which the app signs for one track and some time. */
import { StreamError, unavailable } from '../../errors'
import { COMMON_HEADERS } from '../../http/common-headers'
import type { ResponseHeaders, SendPlan } from '../../http/response-plan'
import type { OpenTrack } from '../../source/source'
import { withTimeLimit } from '../../time-limit'
import type { ServedRequest } from '../respond'
import type { StoreRedirect } from './offload-options'

export interface OffloadToStore {
  /** Whether the request is redirected: then this process does not open the track. */
  readonly takes: (served: ServedRequest) => boolean
  /**
   * @param secondsLeft until the link cannot be used any more; undefined if there is none
   * @throws (rejects with) StreamError `NOT_FOUND` or `SOURCE_UNAVAILABLE`
   */
  readonly plan: (served: ServedRequest, secondsLeft: number | undefined) => Promise<SendPlan>
}

/** In place of a track that this process does not open. */
export const TRACK_OF_THE_STORE: OpenTrack = {
  representation: { size: 0, mediaType: '', etag: '', lastModified: undefined },
  read() {
    throw new Error('The track is at the store')
  },
  close() {
    // Nothing is open.
  },
}

/** Milliseconds. */
const TIME_LIMIT = 5000
const DEFAULT_EXPIRES_IN = 3600
/** A field that proxies and clients still accept. */
const MAX_URL_LENGTH = 8000
const URL_TEXT = /^https?:\/\/[\x21-\x7e]+$/

/** @param extraHeaders fields that every response carries besides */
export function createOffloadToStore(
  { presign, maxExpiresIn = DEFAULT_EXPIRES_IN }: StoreRedirect,
  extraHeaders: ResponseHeaders | undefined,
): OffloadToStore {
  async function plan({ id, grant }: ServedRequest, secondsLeft: number | undefined): Promise<SendPlan> {
    const expiresIn = Math.max(1, Math.min(maxExpiresIn, secondsLeft ?? maxExpiresIn))
    const url = await withTimeLimit(
      TIME_LIMIT,
      // In a promise, so that what it throws is a rejection.
      Promise.resolve().then(() => presign(id, { expiresIn, grant })),
      () => new Error('offload.presign did not settle in time'),
    ).catch((error: unknown) => {
      throw unavailable(error)
    })
    if (url === undefined) throw new StreamError('NOT_FOUND')
    if (typeof url !== 'string' || url.length > MAX_URL_LENGTH || !URL_TEXT.test(url) || !URL.canParse(url)) {
      throw unavailable(new TypeError('offload.presign must return an http or https URL'))
    }
    const headers = {
      'Content-Length': 0,
      Location: url,
      // Everybody who has the URL can use it.
      'Cache-Control': 'private, no-store',
      ...COMMON_HEADERS,
      ...extraHeaders,
    }
    return { kind: 'send', status: 302, headers, body: [], isOffloaded: true }
  }

  return {
    // A URL that is signed for GET refuses HEAD; and a link with a limit of streams needs the life of the response.
    takes: ({ method, granted }) => method === 'GET' && granted?.link.grant.streams === undefined,
    plan,
  }
}
