/** Makes a signed link. */
import { audioExtensionOf, type ListedExtension } from '../http/media-type'
import { toPrintable } from '../http/printable'
import { isOptionError } from '../options'
import { idFromPath } from '../path-id'
import type { Expiry } from '../signing/expiry'
import { createSigner } from '../signing/signer'
import { parseTerms, type LinkTerms } from '../signing/terms'
import { readTrackAddress } from '../track-address'
import { isTrackId, TRACK_ID_RULE } from '../track-id'
import type { Command, Input } from './command'
import { readDuration } from './duration'
import { readSecret, SECRET_OPTIONS } from './secrets'
import { FLAGS_OF_TERMS, readTermFlags, signWithTerms, TERM_FLAGS } from './sign-terms'
import { formatDate, readTime } from './time'
import { UsageError } from './usage-error'

export const sign: Command = {
  name: 'sign',
  summary: 'make a link that opens a track until it expires',
  operand: '<id>',
  operandOption: 'path',
  options: {
    'expires-in': {
      value: '<duration>',
      help: 'how long the link is valid: 90m, 1h, 2d; a number without a unit is seconds',
    },
    'expires-at': {
      value: '<time>',
      help:
        'its last valid second instead: seconds since the epoch, or 2030-01-31T18:00:00Z; ' +
        'a date without a time is 00:00 UTC',
    },
    path: {
      value: '<path>',
      help: 'sign the id of a file by its path below the directory of the tracks, such as Artist/Album/01.flac, in place of <id>',
    },
    extension: {
      value: '<extension>',
      help: 'write .mp3 or the like behind the id, for players that look at the path; it is not signed',
    },
    'base-url': { value: '<url>', help: 'where tracks are served, such as https://api.example.com/stream' },
    ...SECRET_OPTIONS,
    ...TERM_FLAGS,
  },
  notes: [
    'Prints only the link; without --base-url, only its last path segment and its query.',
    'The id is the file name without its extension. If it begins with a dash, write -- before it. ' +
      'If the server has the resolver pathFromId, sign paths by --path.',
    'A link that has --terms or an option below it says more than one track and one expiry, and can be revoked ' +
      'by what it says. Versions of the server before 0.2 refuse it. What a link opens by --track, --prefix or --set has the same ' +
      'query for each track: put another id into its path.',
  ],
  async run(input, effects) {
    const path = input.options.get('path')
    const id = path === undefined ? readId(input.operand) : readPath(path)
    const expiry = readExpiry(input)
    const baseUrl = readBaseUrl(input)
    const given = readTermFlags(input)
    const { bytes } = await readSecret(input, effects)
    try {
      // The signer checks the extension.
      const options = { ...expiry, extension: input.options.get('extension') as ListedExtension | undefined }
      const setting = { secret: bytes, baseUrl, now: effects.now }
      const { url, expires, terms }: { url: string; expires: number; terms?: string } =
        given === undefined
          ? createSigner(setting).createLink(id, options)
          : signWithTerms(id, { ...options, ...given.options }, setting, given.keyId)
      const json = {
        url,
        id,
        ...(path !== undefined && { path }),
        expires,
        expiresAt: formatDate(expires),
        ...(terms !== undefined && { terms, allows: readAllowed(terms) }),
      }
      return { exitCode: 0, lines: [url], json }
    } catch (error) {
      throw toUsageError(error)
    }
  },
}

function readAllowed(text: string): LinkTerms {
  const parsed = parseTerms(text)
  return parsed.kind === 'terms' ? parsed.terms : {}
}

/** A problem of an option under the name of its flag; any other error as it is. */
function toUsageError(error: unknown): unknown {
  if (!isOptionError(error)) return error
  return new UsageError(`${FLAGS[error.option] ?? error.option} ${error.problem}`, { cause: error })
}

/** The flags that set the options of a signer and of idFromPath. */
const FLAGS: Readonly<Record<string, string>> = {
  path: '--path',
  baseUrl: '--base-url',
  expiresIn: '--expires-in',
  expiresAt: '--expires-at',
  extension: '--extension',
  ...FLAGS_OF_TERMS,
  terms: 'The terms',
}

function readId(id: string): string {
  if (isTrackId(id)) return id
  throw new UsageError(`The id must be ${TRACK_ID_RULE}${remedyFor(id)}`)
}

/** For what is the name or the path of a file. */
function remedyFor(id: string): string {
  const extension = audioExtensionOf(id)
  if (extension === undefined) return ''
  return readTrackAddress(id) === undefined
    ? ': sign the path of a file by --path'
    : `: leave out .${extension}, or write --extension ${extension}`
}

function readPath(path: string): string {
  let id: string
  try {
    id = idFromPath(path)
  } catch (error) {
    throw toUsageError(error)
  }
  // Without one, pathFromId leads to no file that is served.
  if (audioExtensionOf(path) === undefined) {
    throw new UsageError('--path must end in an extension that is served, such as .mp3')
  }
  return id
}

/** Checked before the secret is read, which may have to be typed. */
function readExpiry({ options }: Input): Expiry {
  const expiresIn = options.get('expires-in')
  const expiresAt = options.get('expires-at')
  if (expiresIn !== undefined && expiresAt === undefined) {
    return { expiresIn: readDuration('--expires-in', expiresIn) }
  }
  if (expiresAt !== undefined && expiresIn === undefined) {
    return { expiresAt: readTime('--expires-at', expiresAt) }
  }
  throw new UsageError('Give exactly one of --expires-in and --expires-at')
}

/** Few clients and servers accept longer URLs. */
const MAX_BASE_URL = 2048

function readBaseUrl({ options }: Input): string {
  const baseUrl = options.get('base-url') ?? ''
  if (baseUrl.length > MAX_BASE_URL) {
    throw new UsageError(`--base-url must have at most ${MAX_BASE_URL} characters, got ${baseUrl.length}`)
  }
  // The link would be printed with escapes, and would then be another link.
  if (toPrintable(baseUrl) !== baseUrl) {
    throw new UsageError('--base-url must not contain control or format characters: percent-encode them')
  }
  return baseUrl
}
