/** Why a request is refused: a closed set of codes, each with one status and one default text. */
const REFUSALS = {
  METHOD_NOT_ALLOWED: { status: 405, text: 'Méthode non autorisée' },
  INVALID_ID: { status: 400, text: 'Identifiant invalide' },
  SIGNATURE_MISSING: { status: 403, text: 'Signature invalide' },
  SIGNATURE_MALFORMED: { status: 403, text: 'Signature invalide' },
  SIGNATURE_INVALID: { status: 403, text: 'Signature invalide' },
  TERM_UNKNOWN: { status: 403, text: 'Signature invalide' },
  SIGNATURE_NOT_YET_VALID: { status: 403, text: 'Signature pas encore valide' },
  SIGNATURE_EXPIRED: { status: 403, text: 'Signature expirée' },
  SIGNATURE_LIFETIME: { status: 403, text: 'Signature invalide' },
  NETWORK_NOT_ALLOWED: { status: 403, text: 'Réseau non autorisé' },
  LINK_REVOKED: { status: 403, text: 'Lien révoqué' },
  DRAINING: { status: 503, text: 'Service indisponible' },
  TOO_MANY_STREAMS: { status: 429, text: 'Trop de requêtes' },
  NOT_FOUND: { status: 404, text: 'Fichier non trouvé' },
  PRECONDITION_FAILED: { status: 412, text: 'Précondition non remplie' },
  RANGE_NOT_SATISFIABLE: { status: 416, text: 'Plage non satisfaisable' },
  LINK_USED_UP: { status: 403, text: 'Lien épuisé' },
  STATE_UNAVAILABLE: { status: 503, text: 'Service indisponible' },
  SOURCE_UNAVAILABLE: { status: 503, text: 'Service indisponible' },
} as const

/** Of the default texts. They are those of the server that this package replaces, whose clients may compare them. */
export const DEFAULT_LANGUAGE = 'fr'

/** Stable name of a refusal: what programs switch on. */
export type StreamErrorCode = keyof typeof REFUSALS

/** Every code, in the order in which a request is checked. */
export const STREAM_ERROR_CODES = Object.freeze(Object.keys(REFUSALS) as StreamErrorCode[])

/** What a {@link StreamError} carries beyond its code. */
export interface StreamErrorDetails {
  /** Response header fields that the status requires, such as `Allow` of a 405. */
  readonly headers?: Readonly<Record<string, string>>
  /** The underlying error; never shown to a client. */
  readonly cause?: unknown
}

/**
 * The refusal of one request, passed to `next(error)`.
 *
 * `message` is the text a client may see; it holds no signature and no path. `headers` are the fields the response
 * must carry, `Cache-Control: no-store` among them. Express's own final handler honours `status` and `headers`.
 *
 * @example
 * app.use((error, req, res, next) => {
 *   if (!(error instanceof StreamError)) return next(error)
 *   res.status(error.status).set(error.headers).json({ code: error.code })
 * })
 */
export class StreamError extends Error {
  override readonly name = 'StreamError'
  readonly code: StreamErrorCode
  /** HTTP status, 4xx or 503. */
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  /** Whether `message` blames the request and may be shown (true below 500, as in http-errors). */
  readonly expose: boolean

  /** @throws TypeError for any other code */
  constructor(code: StreamErrorCode, details: StreamErrorDetails = {}) {
    if (!Object.hasOwn(REFUSALS, code)) {
      const known = STREAM_ERROR_CODES.join(', ')
      throw new TypeError(`Cannot make StreamError: code must be one of ${known}, got ${shownCode(code)}`)
    }
    const { status, text } = REFUSALS[code]
    // A refusal is a normal response: its stack would show our code, and cost more than the rest of a refused request.
    const { stackTraceLimit } = Error
    Error.stackTraceLimit = 0
    super(text, details.cause === undefined ? undefined : { cause: details.cause })
    Error.stackTraceLimit = stackTraceLimit
    this.code = code
    this.status = status
    this.expose = status < 500
    // A cache may store 404 and 405 by heuristics (RFC 9111, section 4.2.2).
    this.headers = Object.freeze({ ...details.headers, 'Cache-Control': 'no-store' })
  }
}

/** Seconds after which a client may try again. */
const RETRY_AFTER = 2
const LONGEST_RETRY_AFTER = 3600

/**
 * The error for a fault of the storage or of a callback of the app; `cause` is for the log alone.
 *
 * @param retryAfter seconds, if the storage has named them
 */
export function unavailable(cause: unknown, retryAfter = RETRY_AFTER): StreamError {
  const isUsable = retryAfter >= 0 && retryAfter <= LONGEST_RETRY_AFTER
  const seconds = isUsable ? Math.ceil(retryAfter) : RETRY_AFTER
  return new StreamError('SOURCE_UNAVAILABLE', { headers: { 'Retry-After': String(seconds) }, cause })
}

/** The error if what nodes share about links cannot be asked; `cause` is for the log alone. */
export function stateUnavailable(cause: unknown): StreamError {
  return new StreamError('STATE_UNAVAILABLE', { headers: { 'Retry-After': String(RETRY_AFTER) }, cause })
}

/** A program in JavaScript may pass anything. */
function shownCode(code: unknown): string {
  return typeof code === 'string' ? JSON.stringify(code.slice(0, 64)) : `a value of type ${typeof code}`
}
