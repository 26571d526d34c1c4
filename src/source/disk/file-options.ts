/** The options of tracks in a directory. */
import { statSync } from 'node:fs'
import { resolve as resolvePath } from 'node:path'
import {
  AUDIO_EXTENSIONS,
  audioExtensionOf,
  isListedExtension,
  type ListedExtension,
} from '../../http/media-type'
import { describe, functionRule, listOf, oneOf, rules, type OptionRule } from '../../option-rules'
import {
  optional,
  optionError,
  readOptions,
  required,
  withDefault,
  type OptionReaders,
  type SettingsOf,
} from '../../options'
import { createResolver, RESOLVE_TIMEOUT, type Resolve } from '../resolver'
import type { DiskSourceOptions } from './disk-source'
import type { EntityTagBasis } from './track-files'

export interface FileSourceOptions {
  /** The directory of the tracks; relative to the working directory at the time of the call. It must exist. */
  readonly dir: string
  /**
   * The extensions that are served, in the order in which they are tried. List those in upper case too, for files that have them.
   * @defaultValue `['mp3', 'm4a', 'm4b', 'mp4', 'aac', 'ogg', 'oga', 'opus', 'flac', 'wav', 'weba', 'webm', 'mka', 'aif', 'aiff', 'caf']`
   */
  readonly extensions?: readonly ListedExtension[] | undefined
  /**
   * Finds the file of an id: returns its path below `dir`, with `/` between the segments, or
   * `{ path, type?, fileName? }`, or undefined for a 404. A promise of it may take `resolveTimeout`. The file that it
   * names is served only if its real path lies inside `dir` or `linksInto`.
   * @defaultValue `{id}.{extension}`, the first extension that exists
   */
  readonly resolve?: Resolve | undefined
  /**
   * Milliseconds that `resolve` may take; 503 then, 0 for no limit.
   * @defaultValue 5000
   */
  readonly resolveTimeout?: number | undefined
  /**
   * Further directories that symbolic links in `dir` may lead into, such as another disk. They must exist.
   * @defaultValue none
   */
  readonly linksInto?: readonly string[] | undefined
  /**
   * Whether files may grow while they are served, as recordings and uploads do: a response then has the size that the
   * file had at its beginning. Bytes that are written may not change: if a file is truncated or rewritten, a response
   * is aborted if that is noticed. Not with `entityTag: 'content'`.
   * @defaultValue false
   */
  readonly growing?: boolean | undefined
  /**
   * What entity tags are made of: `'stat'`, size and time of modification, the same on every replica that keeps
   * times; or `'content'`, a hash, for which a file is read once. A file whose time was set by a tool gets the hash
   * anyway.
   * @defaultValue `'stat'`
   */
  readonly entityTag?: EntityTagBasis | undefined
}

const extensionsRule = listOf<ListedExtension>(
  { accepts: isListedExtension, expected: 'an extension', explain: explainExtension },
  `a list of some of ${AUDIO_EXTENSIONS.join(', ')}`,
)

function explainExtension(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined
  const meant = audioExtensionOf(`.${value.replace(/^[*.]+/, '')}`)
  return meant && `${describe(value)} (write "${meant}" or "${meant.toUpperCase()}", without a dot)`
}

const directoryRule: OptionRule<string> = {
  accepts: (value): value is string => typeof value === 'string' && isDirectory(value),
  expected: 'an existing directory',
}

function isDirectory(path: string): boolean {
  try {
    return path !== '' && statSync(path).isDirectory()
  } catch {
    // Neither one that cannot be reached, nor a path that contains NUL, is of use.
    return false
  }
}

const directoriesRule = listOf(directoryRule, 'a list of existing directories')

/** A list of a configuration may be empty. */
const linksRule: OptionRule<readonly string[]> = {
  ...directoriesRule,
  accepts: (value): value is readonly string[] =>
    (Array.isArray(value) && value.length === 0) || directoriesRule.accepts(value),
}

/** Checks and defaults of {@link FileSourceOptions}. */
export const fileOptions = {
  dir: required(directoryRule),
  extensions: withDefault(extensionsRule, AUDIO_EXTENSIONS),
  resolve: optional(functionRule<Resolve>('(id, { signal, grant }) => path')),
  resolveTimeout: withDefault(rules.milliseconds, RESOLVE_TIMEOUT),
  linksInto: withDefault(linksRule, []),
  growing: withDefault(rules.boolean, false),
  entityTag: withDefault(oneOf('stat', 'content'), 'stat'),
} satisfies OptionReaders<FileSourceOptions>

export type FileSettings = SettingsOf<typeof fileOptions>

/** What a disk source needs to know of its files. */
export type DiskSettings = Omit<DiskSourceOptions, 'cacheBytes' | 'cacheFiles' | 'now'>

/**
 * @param maker of what serves the files
 * @throws TypeError that names the option that is wrong
 */
export function readFileOptions(maker: string, options: unknown): DiskSettings {
  const settings = readOptions(maker, options, fileOptions)
  const { dir, extensions, resolve, resolveTimeout, linksInto, growing, entityTag } = settings
  if (growing && entityTag === 'content') {
    const problem =
      "does not go with entityTag: 'content': a file that grows would be read whole again and again"
    throw optionError(TypeError, `make ${maker}`, 'growing', problem)
  }
  return {
    directory: resolvePath(dir),
    extensions,
    resolver: resolve && createResolver(resolve, resolveTimeout),
    linksInto: linksInto.map(each => resolvePath(each)),
    growing,
    entityTag,
  }
}
