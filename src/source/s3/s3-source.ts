/** Tracks in a bucket of S3, or of another store that speaks its protocol. */
import { mediaTypeOfPath } from '../../http/media-type'
import { readOptions } from '../../options'
import { neededType } from '../ranged/needed-type'
import { openRanged } from '../ranged/open-ranged'
import { createResolver, locateBy, type ResolvedTrack } from '../resolver'
import type { TrackLocation, TrackSource } from '../track-source'
import { createGetObject } from './get-object'
import { formatPlace, isObjectKey, parsePlace } from './object-key'
import { s3Options, type S3SourceOptions } from './s3-options'

/**
 * Makes a source of the tracks in a bucket, for the option `source` of a router. One GET opens a track; each GET after it
 * names the version, and each response is checked. HEAD is used only for an empty object.
 *
 * The media type is that of `resolve`, of the extension of the key, or of the object; a track without any is a 404.
 *
 * @throws TypeError that names the option that is wrong
 * @example
 * const source = s3Source({ client: new S3Client({}), bucket: 'my-audio', prefix: 'masters/' })
 * app.use('/audio', createStreamRouter({ source, secret }))
 */
export function s3Source(options: S3SourceOptions): TrackSource {
  const settings = readOptions('s3Source', options, s3Options)
  const { prefix, extension, resolveTimeout, trustFor, timeouts } = settings
  const resolver = createResolver(settings.resolve ?? (id => `${id}.${extension}`), resolveTimeout)
  const getObject = createGetObject(settings)

  function toLocation({ path, version, type, fileName }: ResolvedTrack): TrackLocation | undefined {
    const key = prefix + path
    if (path === '' || !isObjectKey(key) || version?.includes('\0') === true) return undefined
    return { key: formatPlace({ key, version, type: neededType(key, type) }), type, fileName }
  }

  return {
    trustFor,
    timeouts,
    locate: locateBy(resolver, toLocation),
    open(_id, context) {
      const place = parsePlace(context.key)
      const type = mediaTypeOfPath(place.key) ?? place.type
      return openRanged({ type, canPinByDate: false, ...getObject(place) }, context)
    },
  }
}
