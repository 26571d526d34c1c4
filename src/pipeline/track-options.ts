/** The options of what serves tracks, and their defaults. */
import { readClock, type Clock } from '../clock'
import { isRecord, oneOf, rules, type OptionRule } from '../option-rules'
import {
  absentOr,
  group,
  optional,
  orFalse,
  withDefault,
  type OptionReaders,
  type SettingsOf,
} from '../options'
import { fileOptions, type FileSourceOptions } from '../source/disk/file-options'
import type { TrackSource } from '../source/track-source'
import { loggerRule, type StreamLogger } from '../logger'
import { completionRule, type OnCompletion } from './on-completion'
import { offloadRule, type OffloadOptions } from './offload/offload-options'
import { requestIdHeaderRule } from './request-id-field'

/** How much is kept ready for the next request. */
export interface CacheOptions {
  /** Bytes of content in memory, of all tracks together; 0 for none. */
  readonly maxBytes?: number | undefined
  /** Open files that no response reads; with 0, neither files nor content are kept. */
  readonly maxFiles?: number | undefined
}

/** The tracks are in a directory, by `dir` and the options that belong to it, or at another `source`. */
export interface RangeStreamOptions extends Partial<FileSourceOptions> {
  /**
   * Where tracks come from, in place of `dir` and its options: `s3Source(…)`, `httpSource(…)`, or your own.
   * @defaultValue `fileSource` of `dir` and the options that belong to it
   */
  readonly source?: TrackSource | undefined
  /**
   * Whether requests without `req.grant` are served too, to everybody; otherwise they are refused with 403.
   * @defaultValue false
   */
  readonly unsigned?: boolean | undefined
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
   * A `source` has at least 8 MiB, which its transfers need, and no open files.
   * @defaultValue `{ maxBytes: 67108864, maxFiles: 256 }`
   */
  readonly cache?: CacheOptions | false | undefined
  /**
   * Who sends the bytes after this process has verified the link: a proxy in front of it, or a store. It saves
   * processor time for whole tracks, but how the response ended is then unknown: see docs/recipes/offload.md.
   * @defaultValue this process
   */
  readonly offload?: OffloadOptions | undefined
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
   * Called once at the end of each response that served a track (200, 206, 304; also HEAD), with how it ended and the
   * request of the app. What it throws or rejects with is logged, and costs no response.
   * @defaultValue none
   * @example
   * const bytesOf = new Map()
   * app.use('/stream', createStreamRouter({
   *   dir: 'audio',
   *   secret,
   *   onCompletion({ listener, bytesSent }) {
   *     bytesOf.set(listener, (bytesOf.get(listener) ?? 0) + bytesSent)
   *   },
   * }))
   */
  readonly onCompletion?: OnCompletion | undefined
  /**
   * The header field by which each response carries `req.id`, such as `X-Request-Id`. A field that the app sets before
   * costs more: Node then merges all others with it one by one. An id with a space or a character that is not ASCII is
   * left out.
   * @defaultValue none
   */
  readonly requestIdHeader?: string | undefined
  /**
   * The clock, in seconds since the epoch.
   * @defaultValue the system's
   */
  readonly now?: Clock | undefined
}

const sourceRule: OptionRule<TrackSource> = {
  accepts: (value): value is TrackSource => isRecord(value) && typeof value['open'] === 'function',
  expected: 'a TrackSource, with a method open',
}

/** Checks and defaults of {@link RangeStreamOptions} but `unsigned`, which a router does not have. */
export const trackOptions = {
  ...absentOr(fileOptions),
  source: optional(sourceRule),
  cacheMaxAge: withDefault(rules.seconds, 3600),
  cacheVisibility: withDefault(oneOf('private', 'public'), 'private'),
  cache: orFalse(
    group(
      { maxBytes: withDefault(rules.count, 64 * 1024 * 1024), maxFiles: withDefault(rules.count, 256) },
      'false, or an object of maxBytes and maxFiles',
    ),
  ),
  offload: optional(offloadRule),
  stallTimeout: withDefault(rules.milliseconds, 60_000),
  logger: optional(loggerRule),
  onCompletion: optional(completionRule),
  requestIdHeader: optional(requestIdHeaderRule),
  now: readClock,
} satisfies OptionReaders<Omit<RangeStreamOptions, 'unsigned'>>

export type TrackSettings = SettingsOf<typeof trackOptions>
