/** Serves tracks of any source: finds the track of a request and responds with it, or refuses. */
import { ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import { isClosed } from '../delivery/transport'
import { StreamError } from '../errors'
import { isAudioExtension, mediaTypeOf } from '../http/media-type'
import { grantedLink } from '../links/granted-link'
import type { Grant } from '../signing/authenticate-link'
import { isOutdated, type OpenTrack, type Source } from '../source/source'
import type { TrackAddress } from '../track-address'
import type { GrantedStreams } from './granted-streams'
import { awaitFor } from './await-for'
import { checkMethod } from './check-request'
import type { Observer } from './observer'
import { TRACK_OF_THE_STORE } from './offload/offload-to-store'
import { Refusal, toStreamError } from './refusal'
import { createRespond, type RespondSettings, type ServedRequest } from './respond'
import { claimedAddress, type StreamRequest } from './stream-request'

/** Called once while nothing is written, with a {@link Refusal}, or with what is broken. */
export type Fail = (failure: unknown) => void

/** Serves a request, or calls `fail`. Once something is written, the response ends by itself. Never throws. */
export type ServeTrack = (
  req: StreamRequest,
  res: ServerResponse,
  fail: Fail,
  /** What the signature permits; undefined if none is required. */
  grant?: Grant,
  /** What the path names, if the caller knows it; read from the request otherwise. */
  address?: TrackAddress,
) => void

export interface ServeTrackSettings extends RespondSettings {
  /** Counts granted streams; undefined if nobody does. */
  readonly streams?: GrantedStreams | undefined
}

export function createServeTrack(
  source: Source,
  settings: ServeTrackSettings,
  observer: Observer,
): ServeTrack {
  const { streams, offload } = settings
  const respond = createRespond(settings, observer, onFailure)

  function serveTrack(
    req: StreamRequest,
    res: ServerResponse,
    fail: Fail,
    grant?: Grant,
    address?: TrackAddress,
  ): void {
    if (isWaitingForTurn(req, res)) {
      // Node puts a head before all that waits to be flushed then, and so before a `100 Continue` that must precede it.
      res.once('socket', () => {
        process.nextTick(serveTrack, req, res, fail, grant, address)
      })
      return
    }
    if (isClosed(res)) return
    try {
      const served = begin(req, res, fail, grant, address ?? claimedAddress(req))
      if (served instanceof Refusal) fail(served)
      else open(served)
    } catch (error) {
      fail(error)
    }
  }

  function begin(
    req: StreamRequest,
    res: ServerResponse,
    fail: Fail,
    grant: Grant | undefined,
    address: TrackAddress | undefined,
  ): ServedRequest | Refusal {
    const method = checkMethod(req)
    if (method instanceof Refusal) return method
    // What was signed is what is opened, whatever the route says.
    const id = grant?.id ?? address?.id
    if (id === undefined) return new Refusal(new StreamError('INVALID_ID'))
    const granted = grantedLink(grant)
    const stream = streams?.enter(req, res)
    if (stream instanceof StreamError) return refusalOf({ id, grant, granted }, stream)
    // The route of an app may name something else than the track of its grant: its extension promises nothing.
    const extension = address?.id === id ? address.extension?.toLowerCase() : undefined
    const mediaType = isAudioExtension(extension) ? mediaTypeOf(extension) : undefined
    if (extension !== undefined && mediaType === undefined) {
      stream?.leave()
      return refusalOf({ id, grant, granted }, new StreamError('NOT_FOUND'))
    }
    const range = method === 'GET' ? req.headers.range : undefined
    const startedAt = performance.now()
    const abort = new AbortController()
    const attempt = 'first'
    return { req, res, id, method, mediaType, grant, granted, range, startedAt, abort, stream, fail, attempt }
  }

  function open(served: ServedRequest): void {
    const { abort } = served
    try {
      if (offload?.toStore?.takes(served)) {
        respond(served, TRACK_OF_THE_STORE)
        return
      }
      const opened = source.open(served, abort)
      if (!(opened instanceof Promise)) {
        serveOpened(served, opened)
        return
      }
      awaitFor(served, opened, {
        onValue: track => {
          serveOpened(served, track)
        },
        onLate: track => {
          track?.close()
        },
        onFault: error => {
          refuse(served, error)
        },
      })
    } catch (error) {
      refuse(served, error)
    }
  }

  function serveOpened(served: ServedRequest, track: OpenTrack | undefined): void {
    if (track === undefined || !isPromised(track, served)) {
      track?.close()
      refuse(served, new StreamError('NOT_FOUND'))
      return
    }
    respond(served, track)
  }

  function onFailure(served: ServedRequest, failure: unknown): void {
    if (!isOutdated(failure) || served.attempt === 'retry') {
      refuse(served, failure)
      return
    }
    served.attempt = 'retry'
    open(served)
  }

  return serveTrack
}

/** The one way out while nothing is written. */
function refuse(served: ServedRequest, failure: unknown): void {
  const { stream, fail } = served
  if (stream?.isEnded) return
  stream?.leave()
  const error = toStreamError(failure)
  fail(error === undefined ? failure : refusalOf(served, error))
}

function refusalOf(
  { id, grant, granted }: Pick<ServedRequest, 'id' | 'grant' | 'granted'>,
  error: StreamError,
): Refusal {
  return new Refusal(error, { id, grant, linkName: granted?.link.name })
}

/**
 * Whether `res` belongs to a pipelined request whose turn has not come. It holds nothing until then, as it would not
 * learn that the connection closed. The response of a foreign host may never have a socket, and does not wait for one.
 */
function isWaitingForTurn({ socket }: StreamRequest, res: ServerResponse): boolean {
  return res.socket === null && res instanceof ServerResponse && socket instanceof Socket
}

/** Whether `track` is what the extension in the path promises: `.opus` may be the path of an Ogg file. */
function isPromised({ representation }: OpenTrack, { mediaType }: ServedRequest): boolean {
  return mediaType === undefined || mediaType === representation.mediaType
}
