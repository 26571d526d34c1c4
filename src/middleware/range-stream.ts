/** Serves a track: whole, by ranges, or not at all where the client's copy is current. */
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { statSync } from 'node:fs'
import type { ServerResponse } from 'node:http'
import { resolve } from 'node:path'
import { deliver, type Delivery } from '../delivery/deliver'
import { StreamError } from '../errors'
import { formatCacheControl } from '../http/cache-control'
import { AUDIO_EXTENSIONS, isAudioExtension, type AudioExtension } from '../http/media-type'
import { planResponse } from '../http/response-plan'
import { judgeOptions, oneOf, rules, type OptionRule } from '../options'
import { wholeSeconds, type Clock } from '../signing/clock'
import { createDiskSource, type EntityTagBasis } from '../source/disk-source'
import { SourceFault, type Source } from '../source/source'
import type { StreamMiddleware, StreamRequest } from './handler'
import { createObserver, loggerRule, type Observer, type StreamLogger } from './observer'
import { trackIdOf } from './validate-id'

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
  })
}

/** Serves a request; settles when the response has ended. Rejects with a StreamError while nothing is written yet. */
export type TrackServer = (req: StreamRequest, res: ServerResponse) => Promise<void>

export function createTrackServer(
  source: Source,
  settings: Omit<Partial<RangeStreamOptions>, 'dir' | 'extensions' | 'entityTag' | 'logger'>,
  observer: Observer,
): TrackServer {
  const { cacheVisibility = 'private', cacheMaxAge = 3600, stallTimeout = 60_000 } = settings
  const now = wholeSeconds(settings.now)
  const cachePolicy = { visibility: cacheVisibility, maxAge: cacheMaxAge }

  return async function serveTrack(req, res) {
    // A pipelined request holds nothing before its turn, and would not be told if the connection closed until then.
    if (res.socket === null) await once(res, 'socket')
    if (res.destroyed) return
    const started = performance.now()
    const abort = new AbortController()
    res.once('close', () => {
      abort.abort()
    })
    const method = readMethod(req, observer)
    const { grant } = req
    // What was signed is what is opened, whatever the route says.
    const id = grant?.id ?? trackIdOf(req, observer)

    function unavailable(fault: unknown): never {
      if (!(fault instanceof SourceFault)) throw fault
      const headers = { 'Retry-After': RETRY_AFTER }
      throw observer.refusal(
        req,
        new StreamError('SOURCE_UNAVAILABLE', { headers, cause: fault.cause ?? fault }),
        { id },
      )
    }

    const track = await source.open(id, abort.signal).catch(unavailable)
    if (track === undefined) throw observer.refusal(req, new StreamError('NOT_FOUND'), { id })
    try {
      const time = now()
      const plan = planResponse(method, req.headers, track.representation, {
        now: time,
        cacheControl: formatCacheControl(cachePolicy, grant && grant.expires - time),
        makeBoundary,
      })
      if (plan.kind === 'refuse') throw observer.refusal(req, new StreamError(plan.code, plan), { id })

      observer.request(req, id)
      const delivery: Delivery = await deliver(res, plan, track, {
        signal: abort.signal,
        stallTimeout,
      }).catch(unavailable)
      observer.completion({
        id,
        method,
        status: plan.status,
        outcome: delivery.outcome,
        bytesSent: delivery.bytesSent,
        durationMs: Math.round(performance.now() - started),
        cause: delivery.cause,
      })
    } finally {
      await track.close()
    }
  }
}

/**
 * The method of `req`.
 *
 * @throws StreamError `METHOD_NOT_ALLOWED` for any other than GET and HEAD
 */
export function readMethod(req: StreamRequest, observer: Observer): 'GET' | 'HEAD' {
  if (req.method === 'GET' || req.method === 'HEAD') return req.method
  throw observer.refusal(req, new StreamError('METHOD_NOT_ALLOWED', { headers: { Allow: 'GET, HEAD' } }))
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

  return function rangeStreamMiddleware(req, res, next) {
    serveTrack(req, res).catch(next)
  }
}

/** 20 bytes of chance: no content can be made to hold it. */
function makeBoundary(): string {
  return randomBytes(20).toString('hex')
}

function isDirectory(path: string): boolean {
  return path !== '' && statSync(path, { throwIfNoEntry: false })?.isDirectory() === true
}
