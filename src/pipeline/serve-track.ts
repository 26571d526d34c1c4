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

/** A version of a track may be replaced between two looks at it; a second time in a row is a fault of the storage. */
type Attempt = 'first' | 'retry'

export function createServeTrack(
  source: Source,
  settings: ServeTrackSettings,
  observer: Observer,
): ServeTrack {
  const { streams } = settings
  const respond = createRespond(settings, observer)

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
      else open(served, 'first')
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
    const known = { id, grant, linkName: granted?.link.name }
    const stream = streams?.enter(req, res)
    if (stream instanceof StreamError) return new Refusal(stream, known)
    // The route of an app may name something else than the track of its grant: its extension promises nothing.
    const extension = address?.id === id ? address.extension?.toLowerCase() : undefined
    const mediaType = isAudioExtension(extension) ? mediaTypeOf(extension) : undefined
    if (extension !== undefined && mediaType === undefined) {
      stream?.leave()
      return new Refusal(new StreamError('NOT_FOUND'), known)
    }
    const range = method === 'GET' ? req.headers.range : undefined
    const startedAt = performance.now()
    const abort = new AbortController()
    return { req, res, id, method, mediaType, grant, granted, range, startedAt, abort, stream, fail }
  }

  function open(served: ServedRequest, attempt: Attempt): void {
    const { abort } = served
    try {
      const opened = source.open(served, abort)
      if (!(opened instanceof Promise)) {
        serveOpened(served, opened, attempt)
        return
      }
      awaitFor(served, opened, {
        onValue: track => {
          serveOpened(served, track, attempt)
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

  function serveOpened(served: ServedRequest, track: OpenTrack | undefined, attempt: Attempt): void {
    if (track === undefined || !isPromised(track, served)) {
      track?.close()
      refuse(served, new StreamError('NOT_FOUND'))
      return
    }
    respond(served, track, failure => {
      if (isOutdated(failure) && attempt === 'first') open(served, 'retry')
      else refuse(served, failure)
    })
  }

  return serveTrack
}

/** The one way out while nothing is written. */
function refuse({ id, grant, granted, stream, fail }: ServedRequest, failure: unknown): void {
  if (stream?.isEnded) return
  stream?.leave()
  const error = toStreamError(failure)
  fail(error === undefined ? failure : new Refusal(error, { id, grant, linkName: granted?.link.name }))
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
