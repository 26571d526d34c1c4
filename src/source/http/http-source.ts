/** Tracks at an HTTP origin, which must support ranges and strong entity tags. */
import { isThenable } from '../../callbacks'
import { audioExtensionOf, mediaTypeOf } from '../../http/media-type'
import { describe, isRecord } from '../../option-rules'
import { readOptions } from '../../options'
import { openRanged } from '../ranged/open-ranged'
import { createResolver, type ResolvedTrack } from '../resolver'
import type { TrackLocation, TrackSource } from '../track-source'
import { createFetchObject } from './fetch-object'
import { httpOptions, type HttpSourceOptions } from './http-options'
import { parseUrl } from './parse-url'

/** Ends the URL in a key: no URL has it. */
const SEPARATOR = '\0'

/**
 * Makes a source of the tracks at an HTTP origin, for the option `source` of a router. One GET opens a track; each GET
 * after it names the version, and each response is checked.
 *
 * The origin must respond to `Range` with 206, and identify versions by a strong `ETag`, or by a `Last-Modified` at least a
 * second before its `Date`; no `Content-Encoding`. Otherwise the response to the client is 503, and the log says why.
 * The media type is that of `url`, of the extension of the path, or of the origin's `Content-Type`; a track without any
 * is a 404.
 *
 * @throws TypeError that names the option that is wrong
 * @example
 * const source = httpSource({ url: id => `https://origin.example/audio/${encodeURIComponent(id)}.mp3` })
 * app.use('/audio', createStreamRouter({ source, secret }))
 */
export function httpSource(options: HttpSourceOptions): TrackSource {
  const settings = readOptions('httpSource', options, httpOptions)
  const { url, resolveTimeout, trustFor, timeouts } = settings
  const resolve = createResolver((id, context) => {
    const answer: unknown = url(id, context)
    return isThenable(answer) ? Promise.resolve(answer).then(toResolved) : toResolved(answer)
  }, resolveTimeout)
  const fetchObject = createFetchObject(settings)

  return {
    trustFor,
    timeouts,
    locate(id, context) {
      const track = resolve(id, context.grant, context)
      return track instanceof Promise ? track.then(toLocation) : toLocation(track)
    },
    open(_id, context) {
      const [href = '', typeOfApp] = context.key.split(SEPARATOR)
      const target = new URL(href)
      return openRanged(
        {
          type: typeOfPath(target) ?? typeOfApp,
          canPinByDate: true,
          get: ({ range, condition }, signal) => {
            const conditions = condition === undefined ? {} : { [condition.field]: condition.value }
            return fetchObject('GET', target, { range, ...conditions }, signal)
          },
          head: signal => fetchObject('HEAD', target, {}, signal),
        },
        context,
      )
    },
  }
}

function toLocation(track: ResolvedTrack | undefined): TrackLocation | undefined {
  if (track === undefined) return undefined
  const { path, type, fileName } = track
  // Two ids with one URL share what is kept of it, whatever type they say, unless the type is needed to open it.
  const key =
    type === undefined || typeOfPath(new URL(path)) !== undefined ? path : `${path}${SEPARATOR}${type}`
  return { key, type, fileName }
}

/** The URL in the form in which known tracks are kept, without the fragment, which is not sent. */
function toResolved(answer: unknown): ResolvedTrack | undefined {
  if (answer === undefined || answer === null) return undefined
  const fields = isRecord(answer) && !(answer instanceof URL) ? answer : { url: answer }
  const { url, type, fileName } = fields as { url?: unknown; type?: string; fileName?: string }
  const target = url instanceof URL || typeof url === 'string' ? parseUrl(String(url)) : undefined
  if (target === undefined || !/^https?:$/.test(target.protocol)) {
    // A URL may hold a secret, so it is not shown.
    const got = typeof url === 'string' ? 'another string' : describe(url)
    throw new TypeError(`url must return an absolute http: or https: URL, got ${got}`)
  }
  target.hash = ''
  return { path: target.href, type, fileName }
}

function typeOfPath({ pathname }: URL): string | undefined {
  const extension = audioExtensionOf(pathname)
  return extension && mediaTypeOf(extension)
}
