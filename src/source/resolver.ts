/** Calls the resolver of the app, and checks all that it returns. */
import { servedMediaType } from '../http/media-type'
import { describe, isRecord } from '../option-rules'
import type { Grant } from '../signing/authenticate-link'
import { callApp } from './call-app'
import type { Cancellation } from './source'
import type { LocateContext, MaybePromise, TrackLocation, TrackSource } from './track-source'

/** Where a track is, as the app knows it. */
export interface ResolvedTrack {
  /** The path below the directory, the key in the bucket, or the path of the origin; with `/` between its segments. */
  readonly path: string
  /** The media type, if the extension of `path` does not say it. */
  readonly type?: string | undefined
  /** The name under which a client saves the track, for `Content-Disposition`. */
  readonly fileName?: string | undefined
  /** The version of the object, if the store has versions. Other sources ignore it. */
  readonly version?: string | undefined
}

/**
 * Finds the location of the track `id`; undefined or null if there is none. Called for each request, after its signature
 * is verified, so that it may look at the grant.
 */
export type Resolve = (
  id: string,
  context: LocateContext,
) => MaybePromise<string | ResolvedRow | null | undefined>

/**
 * A {@link ResolvedTrack} as a row of a database: null for what it does not have. Of a library that does not know the types of
 * columns, `resolve` may return the row `as ResolvedRow | undefined`; it is checked.
 */
export type ResolvedRow = OrNull<ResolvedTrack>

type OrNull<Fields> = {
  readonly [Name in keyof Fields]: undefined extends Fields[Name] ? Fields[Name] | null : Fields[Name]
}

/** Milliseconds. */
export const RESOLVE_TIMEOUT = 5000

/**
 * Resolves an id, at once if the app does.
 *
 * @throws SourceError `unavailable` if the app throws, does not settle in time, or returns something else; thrown, or as
 *   a rejection
 */
export type Resolver = (
  id: string,
  grant: Grant | undefined,
  cancellation: Cancellation,
) => MaybePromise<ResolvedTrack | undefined>

/**
 * @param timeout milliseconds; 0 for no limit
 * @param option the option that `resolve` comes from, for errors
 */
export function createResolver(resolve: Resolve, timeout: number, option = 'resolve'): Resolver {
  return function ask(id, grant, cancellation) {
    return callApp(
      {
        call: context => resolve(id, context),
        read: answer => readAnswer(answer, option),
        timeout,
        option,
      },
      grant,
      cancellation,
    )
  }
}

function readAnswer(answer: unknown, option: string): ResolvedTrack | undefined {
  if (answer === undefined || answer === null) return undefined
  if (typeof answer === 'string') return { path: answer }
  if (!isRecord(answer)) {
    throw wrongAnswer(option, 'a path, { path, type, fileName, version }, or undefined', answer)
  }
  const path = readText(answer, 'path', option)
  if (path === undefined) throw wrongAnswer(option, 'an object with a path', answer)
  const type = readText(answer, 'type', option)
  const servedType = type === undefined ? undefined : servedMediaType(type)
  if (type !== undefined && servedType === undefined) {
    throw wrongAnswer(option, 'an audio type that is served', type)
  }
  return {
    path,
    type: servedType,
    fileName: readText(answer, 'fileName', option),
    version: readText(answer, 'version', option),
  }
}

function readText(
  answer: Readonly<Record<string, unknown>>,
  name: string,
  option: string,
): string | undefined {
  const value = answer[name]
  if (value === undefined || value === null) return undefined
  if (typeof value !== 'string') throw wrongAnswer(option, `an object whose ${name} is a string`, value)
  return value
}

function wrongAnswer(option: string, expected: string, value: unknown): TypeError {
  return new TypeError(`${option} must return ${expected}, got ${describe(value)}`)
}

/** The `locate` of a source that finds its tracks by `resolver`. */
export function locateBy(
  resolver: Resolver,
  toLocation: (track: ResolvedTrack) => TrackLocation | undefined,
): NonNullable<TrackSource['locate']> {
  function read(track: ResolvedTrack | undefined): TrackLocation | undefined {
    return track && toLocation(track)
  }

  return function locate(id, context) {
    const track = resolver(id, context.grant, context)
    return track instanceof Promise ? track.then(read) : read(track)
  }
}
