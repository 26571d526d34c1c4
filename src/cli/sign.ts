/** Makes a signed link. */
import { isAudioExtension } from '../http/media-type'
import { createSigner, type Expiry } from '../signing/signer'
import { isTrackId, TRACK_ID_RULE } from '../track-id'
import type { Command, Input } from './command'
import { readDuration } from './duration'
import { isoDate, readMoment } from './moment'
import { printable } from './printable'
import { readSecret, SECRET_OPTIONS } from './secrets'
import { UsageError } from './usage-error'

export const sign: Command = {
  name: 'sign',
  summary: 'make a link that opens a track until it expires',
  operand: '<id>',
  options: {
    'expires-in': {
      value: '<duration>',
      help: 'how long the link lives: 90m, 1h, 2d; a bare number is seconds',
    },
    'expires-at': {
      value: '<time>',
      help: 'its last second instead: seconds since the epoch, or 2030-01-31T18:00:00Z; a day alone is its 00:00 UTC',
    },
    'base-url': { value: '<url>', help: 'where tracks are served, such as https://api.example.com/stream' },
    ...SECRET_OPTIONS,
  },
  notes: [
    'Prints the link alone; without --base-url its last segment of path and its query.',
    'An id is the name of the file without its extension. Where it begins with a dash, write -- before it.',
  ],
  async run(input, world) {
    const { operand: id } = input
    const expiry = readExpiry(input)
    const baseUrl = readBaseUrl(input)
    const { bytes } = await readSecret(input, world)
    const extension = id.slice(id.lastIndexOf('.') + 1)
    if (!isTrackId(id)) {
      const hint = isAudioExtension(extension) ? `: leave out .${extension}` : ''
      throw new UsageError(`The id must be ${TRACK_ID_RULE}${hint}`)
    }
    try {
      const signer = createSigner({ secret: bytes, baseUrl, now: world.now })
      const { url, expires } = signer.createLink(id, expiry)
      return { exitCode: 0, lines: [url], json: { url, id, expires, expiresAt: isoDate(expires) } }
    } catch (error) {
      throw new UsageError(inOurWords((error as Error).message), { cause: error })
    }
  },
}

function readExpiry({ options }: Input): Expiry {
  const expiresIn = options.get('expires-in')
  const expiresAt = options.get('expires-at')
  if (expiresIn !== undefined && expiresAt === undefined) {
    return { expiresIn: readDuration('--expires-in', expiresIn) }
  }
  if (expiresAt !== undefined && expiresIn === undefined) {
    return { expiresAt: readMoment('--expires-at', expiresAt) }
  }
  throw new UsageError('Say when the link expires: exactly one of --expires-in and --expires-at')
}

/** No client or server takes much more, and what is printed is to be looked at. */
const MAX_BASE_URL = 2048

function readBaseUrl({ options }: Input): string {
  const baseUrl = options.get('base-url') ?? ''
  if (baseUrl.length > MAX_BASE_URL) {
    throw new UsageError(`--base-url must have at most ${MAX_BASE_URL} characters, got ${baseUrl.length}`)
  }
  // The link would have to be printed escaped, and be another one.
  if (printable(baseUrl) !== baseUrl) {
    throw new UsageError('--base-url must have no control or format characters: percent-encode them')
  }
  return baseUrl
}

/** The signer's refusals, with the names that its options have here. */
function inOurWords(message: string): string {
  return message
    .replace(/^Cannot (?:make createSigner|sign): /, '')
    .replace(/^baseUrl/, '--base-url')
    .replace(/^expiresIn/, '--expires-in')
    .replace(/^expiresAt/, '--expires-at')
}
