/** Redirects clients to a URL of the store, which the app signs for one track and some time. */
import { StreamError } from '../../errors'
import { COMMON_HEADERS } from '../../http/common-headers'
import type { ResponseHeaders, SendPlan } from '../../http/response-plan'
import { callApp } from '../../source/call-app'
import type { OpenTrack } from '../../source/source'
import type { ServedRequest } from '../respond'
import { isCounted } from './is-counted'
import type { StoreRedirect } from './offload-options'

export interface OffloadToStore {
  /** Whether the request is redirected: then this process does not open the track. */
  readonly takes: (served: ServedRequest) => boolean
  /**
   * @param secondsLeft until the link cannot be used any more; undefined if there is none
   * @throws (rejects with) StreamError `NOT_FOUND`, or SourceError `unavailable`
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
  async function plan(
    { id, grant, abort }: ServedRequest,
    secondsLeft: number | undefined,
  ): Promise<SendPlan> {
    // Within `clockTolerance`, a link is valid that has none left.
    const expiresIn = Math.max(1, Math.min(maxExpiresIn, secondsLeft ?? maxExpiresIn))
    const url = await callApp(
      {
        call: ({ signal }) => presign(id, { expiresIn, grant, signal }),
        read: readUrl,
        timeout: TIME_LIMIT,
        option: 'offload.presign',
      },
      grant,
      abort,
    )
    if (url === undefined) throw new StreamError('NOT_FOUND')
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
    // A URL that is signed for GET refuses HEAD; and it is valid in every network.
    takes: served => served.method === 'GET' && !isCounted(served) && served.grant?.network === undefined,
    plan,
  }
}

function readUrl(url: unknown): string | undefined {
  if (url === undefined || url === null) return undefined
  if (typeof url !== 'string' || url.length > MAX_URL_LENGTH || !URL_TEXT.test(url) || !URL.canParse(url)) {
    throw new TypeError('offload.presign must return an http or https URL')
  }
  return url
}
