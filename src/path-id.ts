/**
 * Ids that are paths, for a tree of files without a database. What may stand in an id stays as it is, so that ids of most
 * languages can be read; the rest is written as `-` and a code, which no id of another path can contain at that place.
 */
import { describe } from './option-rules'
import { optionError, type OptionError } from './options'
import { isTrackId, MAX_TRACK_ID_LENGTH } from './track-id'

/** `--` is a slash, `_` a space, `-` to `_` the code of a character in hexadecimal digits. */
const TOKEN = /--|_|-([\da-f]{1,6})_|[\p{Alphabetic}\p{M}\p{N}]/uy

const PLAIN = /[\p{Alphabetic}\p{M}\p{N}]/u

const LAST_CODE_POINT = 0x10ffff

const LIMIT = `${MAX_TRACK_ID_LENGTH} characters`

/**
 * The id that stands for `path`; {@link pathFromId} leads back. Letters, marks and digits of any script stay as they are,
 * `/` becomes `--`, a space `_`, and any other character `-`, its code point in hexadecimal digits, and `_`.
 *
 * @param path relative, with `/` between its segments
 * @throws TypeError if it is no string; RangeError, which {@link isTrackPath} rules out, if it is empty, absolute, longer
 *   than an id may be, not valid Unicode, or contains NUL or a segment that is empty, `.` or `..`
 * @example
 * idFromPath('Artist/Album/01 - Name.flac') // 'Artist--Album--01_-2d__Name-2e_flac'
 */
export function idFromPath(path: string): string {
  const given: unknown = path
  if (typeof given !== 'string') throw wrongPath(TypeError, `must be a string, got ${describe(given)}`)
  const problem = problemOfPath(path)
  if (problem !== undefined) throw wrongPath(RangeError, problem)
  const id = encode(path)
  if (!isTrackId(id)) throw wrongPath(RangeError, `is too long, its id would have more than ${LIMIT}`)
  return id
}

/**
 * Whether {@link idFromPath} makes an id of `value`, and does not throw: for lists of files whose names other people chose.
 *
 * @example
 * const paths = ['Artist/Album/01 - Name.flac', '/a.flac'].filter(isTrackPath) // ['Artist/Album/01 - Name.flac']
 */
export function isTrackPath(value: unknown): value is string {
  return typeof value === 'string' && problemOfPath(value) === undefined && isTrackId(encode(value))
}

/**
 * The path that `id` stands for; undefined if {@link idFromPath} does not make it. As the option `resolve`, it serves a
 * whole tree of files.
 *
 * @example
 * createStreamRouter({ dir: 'audio', secret, resolve: pathFromId })
 */
export function pathFromId(id: string): string | undefined {
  if (!isTrackId(id)) return undefined
  const path = decode(id)
  // `-61_` would be a second id of `a`, and other paths than those that are signed could be reached by `-2f_` or `-2e_`.
  return path !== undefined && problemOfPath(path) === undefined && encode(path) === id ? path : undefined
}

function wrongPath(Kind: TypeErrorConstructor | RangeErrorConstructor, problem: string): OptionError {
  return optionError(Kind, 'make an id of a path', 'path', problem)
}

/** What is wrong with `path` as that of a file below a directory, with `/` between its segments; undefined if nothing is. */
export function problemOfPath(path: string): string | undefined {
  if (path === '') return 'is empty'
  if (path.startsWith('/')) return 'is absolute'
  if (path.includes('\0')) return 'contains NUL'
  if (/\p{Surrogate}/u.test(path)) return 'is not valid Unicode: it contains a lone surrogate'
  const odd = path.split('/').find(segment => segment === '' || segment === '.' || segment === '..')
  return odd === undefined ? undefined : `has the segment ${JSON.stringify(odd)}`
}

function encode(path: string): string {
  let id = ''
  for (const character of path) {
    if (PLAIN.test(character)) id += character
    else if (character === '/') id += '--'
    else if (character === ' ') id += '_'
    else id += `-${(character.codePointAt(0) ?? 0).toString(16)}_`
    // More cannot become an id, and the path may be of any length.
    if (id.length > 2 * MAX_TRACK_ID_LENGTH) break
  }
  return id
}

function decode(id: string): string | undefined {
  let path = ''
  TOKEN.lastIndex = 0
  while (TOKEN.lastIndex < id.length) {
    const [token, hex] = TOKEN.exec(id) ?? []
    if (token === undefined) return undefined
    const code = hex === undefined ? undefined : parseInt(hex, 16)
    if (code !== undefined && code > LAST_CODE_POINT) return undefined
    if (code !== undefined) path += String.fromCodePoint(code)
    else if (token === '--') path += '/'
    else path += token === '_' ? ' ' : token
  }
  return path
}
