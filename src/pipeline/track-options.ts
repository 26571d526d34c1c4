/** What `rangeStream` is told, and the source of tracks that it makes of it. */
import { statSync } from 'node:fs'
import { AUDIO_EXTENSIONS, isAudioExtension, type AudioExtension } from '../http/media-type'
import { described, isRecord, listOf, oneOf, rules } from '../options'
import type { Clock } from '../clock'
import type { EntityTagBasis } from '../source/disk/disk-source'
import { loggerRule, type StreamLogger } from './observer'

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
   * Whether requests without `req.grant` are served too, to everybody; otherwise they are refused with 403.
   * @defaultValue false
   */
  readonly unsigned?: boolean | undefined
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

const extensionsRule = listOf(
  { accepts: isAudioExtension, expected: 'an extension', explain: explainExtension },
  `a list of some of ${AUDIO_EXTENSIONS.join(', ')}`,
)

function explainExtension(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined
  const meant = value.replace(/^[*.]+/, '').toLowerCase()
  if (!isAudioExtension(meant)) return undefined
  return `${described(value)} (write "${meant}", without a dot and in lower case)`
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

function isDirectory(path: string): boolean {
  return path !== '' && statSync(path, { throwIfNoEntry: false })?.isDirectory() === true
}
