/** Makes a signed link. */
import { isAudioExtension } from '../http/media-type'
import { toPrintable } from '../http/printable'
import { isOptionError } from '../options'
import { createSigner, type Expiry } from '../signing/signer'
import { isTrackId, TRACK_ID_RULE } from '../track-id'
import type { Command, Input } from './command'
import { readDuration } from './duration'
import { readSecret, SECRET_OPTIONS } from './secrets'
import { formatDate, readTime } from './time'
import { UsageError } from './usage-error'

export const sign: Command = {
  name: 'sign',
  summary: 'make a link that opens a track until it expires',
  operand: '<id>',
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
    'base-url': { value: '<url>', help: 'where tracks are served, such as https://api.example.com/stream' },
    ...SECRET_OPTIONS,
  },
  notes: [
    'Prints only the link; without --base-url, only its last path segment and its query.',
    'The id is the file name without its extension. If it begins with a dash, write -- before it.',
  ],
  async run(input, effects) {
    const { operand: id } = input
    const expiry = readExpiry(input)
    const baseUrl = readBaseUrl(input)
    const { bytes } = await readSecret(input, effects)
    const extension = id.slice(id.lastIndexOf('.') + 1)
    if (!isTrackId(id)) {
      const hint = isAudioExtension(extension) ? `: leave out .${extension}` : ''
      throw new UsageError(`The id must be ${TRACK_ID_RULE}${hint}`)
    }
    try {
      const signer = createSigner({ secret: bytes, baseUrl, now: effects.now })
      const { url, expires } = signer.createLink(id, expiry)
      return { exitCode: 0, lines: [url], json: { url, id, expires, expiresAt: formatDate(expires) } }
    } catch (error) {
      if (!isOptionError(error)) throw error
      throw new UsageError(`${FLAGS[error.option] ?? error.option} ${error.problem}`, { cause: error })
    }
  },
}

/** The flags that set the options of the signer. */
const FLAGS: Readonly<Record<string, string>> = {
  baseUrl: '--base-url',
  expiresIn: '--expires-in',
  expiresAt: '--expires-at',
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
