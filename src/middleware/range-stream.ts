/** Serves a track: whole, by ranges, or not at all where the client's copy is current. */
import { randomBytes } from 'node:crypto'
import { statSync } from 'node:fs'
import type { ServerResponse } from 'node:http'
import { resolve } from 'node:path'
import { deliver } from '../delivery/deliver'
import { StreamError } from '../errors'
import { formatCacheControl } from '../http/cache-control'
import { AUDIO_EXTENSIONS, isAudioExtension, type AudioExtension } from '../http/media-type'
import { planResponse, type ResponseHeaders } from '../http/response-plan'
import { isRecord, judgeOptions, oneOf, rules, type OptionRule } from '../options'
import { wholeSeconds, type Clock } from '../signing/clock'
import type { Grant } from '../signing/verifier'
import { createDiskSource, type EntityTagBasis } from '../source/disk-source'
import { SourceFault, type OpenTrack, type Source } from '../source/source'
import { claimedId, type StreamMiddleware, type StreamRequest } from './handler'
import { createObserver, loggerRule, type Observer, type StreamLogger } from './observer'
import { judgeId } from './validate-id'

/** How much is kept ready for the next request. */
export interface CacheOptions {
  /** Bytes of content in memory, of all tracks together; 0 for none. */
  readonly maxBytes?: number | undefined
  /** Open files that nobody reads; 0 for none, and no content then either. */
  readonly maxFiles?: number | undefined
}

export interface RangeStreamOptions {
  /** The directory of the tracks; relative to the working directory at the time of the call. It must exist. */
  readonly dir: string
  /**
   * The extensions that are served, in the order in which they are tried.
   * @defaultValue `['mp3', 'm4a', 'm4b', 'mp4', 'aac', 'ogg', 'oga', 'opus', 'flac', 'wav', 'weba', 'webm', 'mka', 'aif', 'aiff', 'caf']`
   */
  readonly extensions?: readonly AudioExtension[] | undefined
  /**
   * What entity tags are made of: `'stat'`, size and time of modification, the same on every replica that keeps
   * times; or `'content'`, a hash, for which a file is read once. Files whose time is 0 or 1 s get the hash anyway.
   * @defaultValue `'stat'`
   */
  readonly entityTag?: EntityTagBasis | undefined
  /**
   * Seconds for which a client may keep a copy; never longer than its link is valid.
   * @defaultValue 3600
   */
  readonly cacheMaxAge?: number | undefined
  /**
   * Whether shared caches may keep a copy too, and so serve it to whoever holds the link.
   * @defaultValue `'private'`
   */
  readonly cacheVisibility?: 'private' | 'public' | undefined
  /**
   * What is kept ready for the next request: content, at most `maxBytes` of it in memory, and open files, at most
   * `maxFiles` that nobody reads. False for nothing. A file that is replaced is seen within a second.
   * @defaultValue `{ maxBytes: 67108864, maxFiles: 256 }`
   */
  readonly cache?: CacheOptions | false | undefined
  /**
   * Milliseconds after which a reader that takes nothing is cut; 0 for never. Players resume with a range.
   * @defaultValue 60000
   */
  readonly stallTimeout?: number | undefined
  /**
   * Told of requests and of how they ended; a pino logger or the console.
   * @defaultValue none
   */
  readonly logger?: StreamLogger | undefined
  /**
   * The clock, in seconds since the epoch.
   * @defaultValue the system's
   */
  readonly now?: Clock | undefined
}

const extensionsRule: OptionRule = {
  accepts: value => Array.isArray(value) && value.length > 0 && value.every(isAudioExtension),
  expected: `a list of some of ${AUDIO_EXTENSIONS.join(', ')}`,
}

const CACHE_LIMITS = new Set(['maxBytes', 'maxFiles'])

/** The rules for {@link RangeStreamOptions}. */
export const rangeStreamRules = {
  dir: {
    accepts: (value: unknown) => typeof value === 'string' && isDirectory(value),
    expected: 'an existing directory',
  },
  extensions: extensionsRule,
  entityTag: oneOf('stat', 'content'),
  cacheMaxAge: rules.seconds,
  cacheVisibility: oneOf('private', 'public'),
  cache: {
    accepts: (value: unknown) =>
      value === false ||
      (isRecord(value) &&
        Object.entries(value).every(([name, limit]) => CACHE_LIMITS.has(name) && rules.count.accepts(limit))),
    expected: 'false, or an object of maxBytes and maxFiles, whole numbers',
  },
  stallTimeout: rules.milliseconds,
  logger: loggerRule,
  now: rules.function,
}

/** Seconds after which a client may ask again. */
const RETRY_AFTER = '2'

/** @throws TypeError where `dir` was not given */
export function createSource(settings: Partial<RangeStreamOptions>, maker: string): Source {
  if (settings.dir === undefined) throw new TypeError(`Cannot make ${maker}: dir is missing`)
  return createDiskSource({
    directory: resolve(settings.dir),
    extensions: settings.extensions ?? AUDIO_EXTENSIONS,
    entityTag: settings.entityTag ?? 'stat',
    cacheBytes: settings.cache === false ? 0 : (settings.cache?.maxBytes ?? 64 * 1024 * 1024),
    cacheFiles: settings.cache === false ? 0 : (settings.cache?.maxFiles ?? 256),
  })
}

/**
 * Serves a request. Calls `fail`, with a StreamError unless something is broken, while nothing is written yet; once
 * something is, the response ends by itself.
 */
export type TrackServer = (
  req: StreamRequest,
  res: ServerResponse,
  fail: (error: unknown) => void,
  /** What the request was granted; undefined where no signature was asked for. */
  grant?: Grant,
) => void

/** A request that is being served. */
interface Served {
  readonly req: StreamRequest
  readonly res: ServerResponse
  readonly id: string
  readonly method: 'GET' | 'HEAD'
  readonly grant: Grant | undefined
  /** Milliseconds, by the clock of `performance`. */
  readonly startedAt: number
  readonly fail: (error: unknown) => void
}

/** @param fields what every served answer carries besides */
export function createTrackServer(
  source: Source,
  settings: Pick<Partial<RangeStreamOptions>, 'cacheVisibility' | 'cacheMaxAge' | 'stallTimeout' | 'now'>,
  observer: Observer,
  fields?: ResponseHeaders,
): TrackServer {
  const { cacheVisibility = 'private', cacheMaxAge = 3600, stallTimeout = 60_000 } = settings
  const now = wholeSeconds(settings.now)
  const cachePolicy = { visibility: cacheVisibility, maxAge: cacheMaxAge }

  function serveTrack(...[req, res, fail, grant]: Parameters<TrackServer>): void {
    if (res.socket === null) {
      // A pipelined request holds nothing before its turn, and would not be told if the connection closed until then.
      // Node puts a head before all that waits to be flushed then, and so before a `100 Continue` that must precede it.
      res.once('socket', () => {
        process.nextTick(serveTrack, req, res, fail, grant)
      })
      return
    }
    if (res.destroyed) return
    try {
      const method = readMethod(req, observer)
      if (method instanceof StreamError) {
        fail(method)
        return
      }
      // What was signed is what is opened, whatever the route says.
      const id = grant?.id ?? judgeId(req, claimedId(req), observer)
      if (id instanceof StreamError) fail(id)
      else open({ req, res, id, method, grant, startedAt: performance.now(), fail }, false)
    } catch (error) {
      fail(error)
    }
  }

  /** @param isRetry whether the file was found to have changed since it was opened before */
  function open(served: Served, isRetry: boolean): void {
    const abort = new AbortController()
    const opened = source.open(served.id, abort)
    if (!(opened instanceof Promise)) {
      answer(served, opened, isRetry)
      return
    }
    function onClose(): void {
      abort.abort()
    }
    served.res.once('close', onClose)
    opened
      .then(track => {
        served.res.off('close', onClose)
        if (served.res.destroyed) track?.close()
        else answer(served, track, isRetry)
      })
      .catch((error: unknown) => {
        refuseFault(served, error)
      })
  }

  function answer(served: Served, track: OpenTrack | undefined, isRetry: boolean): void {
    const { req, res, id, method, grant, startedAt } = served
    if (track === undefined) throw observer.refusal(req, new StreamError('NOT_FOUND'), { id })
    try {
      const time = now()
      const plan = planResponse(method, req.headers, track.representation, {
        now: time,
        cacheControl: formatCacheControl(cachePolicy, grant && grant.expires - time),
        fields,
        makeBoundary,
      })
      if (plan.kind === 'refuse') throw observer.refusal(req, new StreamError(plan.code, plan), { id })
      let firstByteMs: number | undefined
      deliver(res, plan, track, {
        stallTimeout,
        onStart: hasHead => {
          if (hasHead) firstByteMs = performance.now() - startedAt
          observer.request(req, { id, keyIndex: grant?.keyIndex, status: plan.status, firstByteMs })
        },
        onEnd: ({ outcome, bytesSent, cause }) => {
          track.close()
          const durationMs = performance.now() - startedAt
          const { status } = plan
          observer.completion({ id, method, status, outcome, bytesSent, durationMs, firstByteMs, cause })
        },
        onFault: error => {
          track.close()
          const isOutdated =
            error instanceof SourceFault && (error.kind === 'changed' || error.kind === 'truncated')
          if (isOutdated && !isRetry) open(served, true)
          else refuseFault(served, error)
        },
      })
    } catch (error) {
      track.close()
      throw error
    }
  }

  function refuseFault({ req, id, fail }: Served, error: unknown): void {
    if (!(error instanceof SourceFault)) {
      fail(error)
      return
    }
    const details = { headers: { 'Retry-After': RETRY_AFTER }, cause: error.cause ?? error }
    fail(observer.refusal(req, new StreamError('SOURCE_UNAVAILABLE', details), { id }))
  }

  return serveTrack
}

/** The method of `req`, or the refusal `METHOD_NOT_ALLOWED` of any other than GET and HEAD. */
export function readMethod(req: StreamRequest, observer: Observer): 'GET' | 'HEAD' | StreamError {
  if (req.method === 'GET' || req.method === 'HEAD') return req.method
  return observer.refusal(req, new StreamError('METHOD_NOT_ALLOWED', { headers: { Allow: 'GET, HEAD' } }))
}

/**
 * Makes a middleware that serves the track of `req.grant`, or of `req.params.id` where no signature was asked for.
 *
 * Answers 200, 206 and 304 (RFC 9110, sections 13 and 14). Hands `next` a {@link StreamError} otherwise:
 * `METHOD_NOT_ALLOWED` (405), `INVALID_ID` (400), `NOT_FOUND` (404), `PRECONDITION_FAILED` (412),
 * `RANGE_NOT_SATISFIABLE` (416) or `SOURCE_UNAVAILABLE` (503). Once bytes are written, a fault of the storage ends
 * the connection, so that no client takes what it has for the whole.
 *
 * @throws TypeError that names the option that is wrong
 * @example
 * app.get('/stream/:id', requireSignedUrl({ secret }), rangeStream({ dir: 'audio' }))
 */
export function rangeStream(options: RangeStreamOptions): StreamMiddleware {
  const maker = 'rangeStream'
  const settings = judgeOptions<RangeStreamOptions>(maker, options, rangeStreamRules)
  const serveTrack = createTrackServer(
    createSource(settings, maker),
    settings,
    createObserver(settings.logger),
  )

  return function rangeStreamMiddleware(req: StreamRequest, res, next) {
    serveTrack(req, res, next, req.grant)
  }
}

/** 20 bytes of chance: no content can be made to hold it. */
function makeBoundary(): string {
  return randomBytes(20).toString('hex')
}

function isDirectory(path: string): boolean {
  return path !== '' && statSync(path, { throwIfNoEntry: false })?.isDirectory() === true
}
