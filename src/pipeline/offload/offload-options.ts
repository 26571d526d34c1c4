/** The option `offload`: who sends the bytes in place of this process. */
import { isRecord, type OptionRule } from '../../option-rules'
import type { Grant } from '../../signing/authenticate-link'
import type { MaybePromise } from '../../source/track-source'

/** What the app may need for a URL that it makes. */
export interface PresignContext {
  /** The longest time for which the URL may be valid, in seconds. */
  readonly expiresIn: number
  /** What the link permits; undefined if no signature is required. */
  readonly grant: Grant | undefined
  /** Aborts when the client leaves, or the time is up. */
  readonly signal: AbortSignal
}

/** nginx, or Caddy with `handle_response`: the response names a file by a URI that only the proxy can request. */
export interface AccelRedirect {
  readonly kind: 'x-accel-redirect'
  /** The path of the internal location whose root is `dir`, with a slash at both ends, such as `/.tracks/`. */
  readonly prefix: string
  /**
   * Whether the path is percent-encoded: nginx decodes it, some versions of Caddy do not. A name that these could read in two
   * ways is not given to them.
   * @defaultValue true
   */
  readonly encodePath?: boolean | undefined
  /** What the proxy puts into the request field `X-Offload`: at least 16 characters that no client can guess. */
  readonly proxyToken: string
}

/** Apache with mod_xsendfile, or lighttpd: the response names a file by its absolute path. */
export interface XSendfile {
  readonly kind: 'x-sendfile'
  /**
   * Whether the path is percent-encoded: lighttpd decodes it, some versions of mod_xsendfile do not. A name that these could
   * read in two ways is not given to them.
   * @defaultValue false
   */
  readonly encodePath?: boolean | undefined
  /** As in {@link AccelRedirect}. */
  readonly proxyToken: string
}

/** The client gets the track from the store, by a URL that the app signs for it. */
export interface StoreRedirect {
  readonly kind: 'redirect'
  /** Makes the URL, within 5 seconds; undefined or null if there is no such track. Players seek by this URL, so it should live long. */
  readonly presign: (id: string, context: PresignContext) => MaybePromise<string | null | undefined>
  /**
   * Seconds for which a URL is valid at most; never longer than its link.
   * @defaultValue 3600
   */
  readonly maxExpiresIn?: number | undefined
}

export type OffloadOptions = AccelRedirect | XSendfile | StoreRedirect

const MIN_TOKEN = 16
/** Printable ASCII, as a field of a request carries it unchanged. */
const TOKEN = new RegExp(`^[\\x21-\\x7e]{${MIN_TOKEN},256}$`)
const PREFIX = /^\/(?:[A-Za-z0-9._~-]+\/)+$/

export const offloadRule: OptionRule<OffloadOptions> = {
  accepts: (value): value is OffloadOptions => isRecord(value) && isOffload(value),
  expected:
    "{ kind: 'x-accel-redirect', prefix: '/.tracks/', proxyToken }, { kind: 'x-sendfile', proxyToken } or " +
    `{ kind: 'redirect', presign }, with a proxyToken of ${MIN_TOKEN} or more characters`,
}

function isOffload(value: Readonly<Record<string, unknown>>): boolean {
  const { kind, prefix, proxyToken, encodePath, presign, maxExpiresIn } = value
  const hasToken =
    typeof proxyToken === 'string' &&
    TOKEN.test(proxyToken) &&
    (encodePath === undefined || typeof encodePath === 'boolean')
  switch (kind) {
    case 'x-accel-redirect':
      return hasToken && typeof prefix === 'string' && PREFIX.test(prefix)
    case 'x-sendfile':
      return hasToken
    case 'redirect':
      return typeof presign === 'function' && (maxExpiresIn === undefined || isSeconds(maxExpiresIn))
    default:
      return false
  }
}

function isSeconds(value: unknown): boolean {
  return typeof value === 'number' && Number.isSafeInteger(value) && value > 0
}
