/** Tracks at an HTTP origin, which must support ranges and strong entity tags. */
import { isThenable } from '../../callbacks'
import { mediaTypeOfPath } from '../../http/media-type'
import { describe, isRecord } from '../../option-rules'
import { readOptions } from '../../options'
import { neededType } from '../ranged/needed-type'
import { openRanged } from '../ranged/open-ranged'
import { createResolver, locateBy, type ResolvedTrack } from '../resolver'
import type { LocateContext, MaybePromise, TrackLocation, TrackSource } from '../track-source'
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
  function resolve(id: string, context: LocateContext): MaybePromise<ResolvedTrack | undefined> {
    const answer: unknown = url(id, context)
    return isThenable(answer) ? Promise.resolve(answer).then(toResolved) : toResolved(answer)
  }
  const resolver = createResolver(resolve, resolveTimeout, 'url')
  const fetchObject = createFetchObject(settings)

  return {
    trustFor,
    timeouts,
    locate: locateBy(resolver, toLocation),
    open(_id, context) {
      const [href = '', typeOfApp] = context.key.split(SEPARATOR)
      const target = new URL(href)
      return openRanged(
        {
          type: mediaTypeOfPath(target.pathname) ?? typeOfApp,
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

function toLocation({ path: href, type, fileName }: ResolvedTrack): TrackLocation {
  const needed = neededType(new URL(href).pathname, type)
  return { key: needed === undefined ? href : href + SEPARATOR + needed, type, fileName }
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
