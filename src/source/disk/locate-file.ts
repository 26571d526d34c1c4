/** Where the file of a track is: checks the path that the app gives, which may come from a database that users fill. */
import { audioExtensionOf, type ListedExtension } from '../../http/media-type'
import { problemOfPath } from '../../path-id'
import type { Resolver } from '../resolver'
import type { Cancellation, TrackRequest } from '../source'
import type { MaybePromise } from '../track-source'

/** A file, and what a response says of it in place of what its name says. */
export interface FilePlace {
  /** What its file is kept under: the id, or its path if the app resolves ids. Two ids may share it. */
  readonly key: string
  readonly type?: string | undefined
  readonly fileName?: string | undefined
}

/** Undefined if there is no such track. */
export type LocateFile = (
  request: Pick<TrackRequest, 'id' | 'grant'>,
  cancellation: Cancellation,
) => MaybePromise<FilePlace | undefined>

/** UTF-16 code units; no system opens a longer path. */
const MAX_PATH_LENGTH = 4096

/** `\` separates segments there, and `:` begins a drive or a stream of a file. */
const WINDOWS_ONLY = /[\\:]/

/** @param extensions of which a path must have one, in any case, unless the app names the type */
export function createLocateFile(resolver: Resolver, extensions: readonly ListedExtension[]): LocateFile {
  const served: ReadonlySet<string> = new Set(extensions.map(extension => extension.toLowerCase()))

  function accept(answer: Awaited<ReturnType<Resolver>>): FilePlace | undefined {
    if (answer === undefined) return undefined
    const { path, type, fileName } = answer
    if (!isPathBelow(path)) return undefined
    const extension = type === undefined ? audioExtensionOf(path) : undefined
    const isServed = type !== undefined || (extension !== undefined && served.has(extension))
    return isServed ? { key: path, type, fileName } : undefined
  }

  return function locateFile({ id, grant }, cancellation) {
    const answer = resolver(id, grant, cancellation)
    return answer instanceof Promise ? answer.then(accept) : accept(answer)
  }
}

/** Whether `path` may name a file below a directory; links on its way are not looked at. */
export function isPathBelow(path: string, isWindows = process.platform === 'win32'): boolean {
  return (
    path.length <= MAX_PATH_LENGTH &&
    problemOfPath(path) === undefined &&
    !(isWindows && WINDOWS_ONLY.test(path))
  )
}
