/** The options of what serves tracks, and their defaults. */
import { statSync } from 'node:fs'
import { readClock, type Clock } from '../clock'
import { AUDIO_EXTENSIONS, isAudioExtension, type AudioExtension } from '../http/media-type'
import { describe, listOf, oneOf, rules, type OptionRule } from '../option-rules'
import {
  group,
  optional,
  orFalse,
  required,
  withDefault,
  type OptionReaders,
  type SettingsOf,
} from '../options'
import type { EntityTagBasis } from '../source/disk/disk-source'
import { loggerRule, type StreamLogger } from './logger'

/** How much is kept ready for the next request. */
export interface CacheOptions {
  /** Bytes of content in memory, of all tracks together; 0 for none. */
  readonly maxBytes?: number | undefined
  /** Open files that no response reads; 0 for none, and no content then either. */
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
   * times; or `'content'`, a hash, for which a file is read once. A file whose time was set by a tool gets the hash
   * anyway.
   * @defaultValue `'stat'`
   */
  readonly entityTag?: EntityTagBasis | undefined
  /**
   * Seconds for which a client may keep a copy; never longer than its link is valid.
   * @defaultValue 3600
   */
  readonly cacheMaxAge?: number | undefined
  /**
   * Whether shared caches may keep a copy too, and so serve it to everybody who has the link.
   * @defaultValue `'private'`
   */
  readonly cacheVisibility?: 'private' | 'public' | undefined
  /**
   * What is kept ready for the next request: content, at most `maxBytes` of it in memory, and open files, at most
   * `maxFiles` that no response reads. False for nothing. A file that is replaced is seen within a second.
   * @defaultValue `{ maxBytes: 67108864, maxFiles: 256 }`
   */
  readonly cache?: CacheOptions | false | undefined
  /**
   * Milliseconds after which a client that accepts no data is disconnected; 0 for never. Players resume with a range.
   * @defaultValue 60000
   */
  readonly stallTimeout?: number | undefined
  /**
   * Logs requests and how they ended; a pino logger or the console.
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
  return `${describe(value)} (write "${meant}", without a dot and in lower case)`
}

const directoryRule: OptionRule<string> = {
  accepts: (value): value is string => typeof value === 'string' && isDirectory(value),
  expected: 'an existing directory',
}

function isDirectory(path: string): boolean {
  return path !== '' && statSync(path, { throwIfNoEntry: false })?.isDirectory() === true
}

/** The readers of {@link RangeStreamOptions} but `unsigned`, which a router does not have. */
export const trackOptions = {
  dir: required(directoryRule),
  extensions: withDefault(extensionsRule, AUDIO_EXTENSIONS),
  entityTag: withDefault(oneOf('stat', 'content'), 'stat'),
  cacheMaxAge: withDefault(rules.seconds, 3600),
  cacheVisibility: withDefault(oneOf('private', 'public'), 'private'),
  cache: orFalse(
    group(
      { maxBytes: withDefault(rules.count, 64 * 1024 * 1024), maxFiles: withDefault(rules.count, 256) },
      'false, or an object of maxBytes and maxFiles',
    ),
  ),
  stallTimeout: withDefault(rules.milliseconds, 60_000),
  logger: optional(loggerRule),
  now: readClock,
} satisfies OptionReaders<Omit<RangeStreamOptions, 'unsigned'>>

export type TrackSettings = SettingsOf<typeof trackOptions>
