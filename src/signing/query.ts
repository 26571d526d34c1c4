/**
 * Reads `expires` and `sig` from the raw query. An app's `query parser` may turn a repeated or bracketed parameter
 * into an array or an object, which `String()` and `Number()` then take for a valid one; so none is asked.
 */

/** What the query claims. The texts are for logs: as presented, and not to be trusted. */
export type GrantQuery =
  | { readonly kind: 'claim'; readonly expires: number; readonly mac: Uint8Array; readonly texts: GrantTexts }
  | { readonly kind: 'missing'; readonly texts: GrantTexts }
  | { readonly kind: 'malformed'; readonly texts: GrantTexts }

export interface GrantTexts {
  readonly expires: string | undefined
  readonly sig: string | undefined
}

/** One spelling for each number and MAC, once decoded: `Number` and `Buffer.from(…, 'hex')` would take many. */
const EXPIRES = /^(?:0|[1-9][0-9]{0,15})$/
const SIG = /^[0-9a-f]{64}$/

/** A query as signers write it, whole: most are, and those need no parser. */
const AS_SIGNED = /^expires=((?:0|[1-9][0-9]{0,14}))&sig=([0-9a-f]{64})$/

/** Common parsers drop what follows the thousandth parameter, so that two readers of one URL could disagree. */
const MAX_PARAMETERS = 1000

/** @param query the text after the first `?`, without it */
export function parseGrantQuery(query: string): GrantQuery {
  const [, seconds, mac] = AS_SIGNED.exec(query) ?? []
  if (seconds === undefined || mac === undefined) return parseOddQuery(query)
  const texts = { expires: seconds, sig: mac }
  return { kind: 'claim', expires: Number(seconds), mac: Buffer.from(mac, 'hex'), texts }
}

function parseOddQuery(query: string): GrantQuery {
  const expires = new Parameter('expires')
  const sig = new Parameter('sig')
  const pairs = query.split('&')
  for (const pair of pairs) {
    const equals = pair.indexOf('=')
    const name = decoded(equals === -1 ? pair : pair.slice(0, equals))
    const value = equals === -1 ? '' : pair.slice(equals + 1)
    expires.offer(name, value)
    sig.offer(name, value)
  }

  const texts = { expires: expires.text, sig: sig.text }
  if (expires.isMissing || sig.isMissing) return { kind: 'missing', texts }
  const seconds = Number(texts.expires)
  if (
    pairs.length > MAX_PARAMETERS ||
    !expires.isSingle ||
    !sig.isSingle ||
    !EXPIRES.test(String(texts.expires)) ||
    !Number.isSafeInteger(seconds) ||
    !SIG.test(String(texts.sig))
  ) {
    return { kind: 'malformed', texts }
  }
  return { kind: 'claim', expires: seconds, mac: Buffer.from(String(texts.sig), 'hex'), texts }
}

/** One reserved parameter, however often and in whatever shape it occurs. */
class Parameter {
  readonly #name: string
  #values: string[] = []
  #isBracketed = false

  constructor(name: string) {
    this.#name = name
  }

  offer(name: string | undefined, value: string): void {
    if (name === this.#name) this.#values.push(value)
    else if (name?.startsWith(`${this.#name}[`)) this.#isBracketed = true
  }

  get isMissing(): boolean {
    return !this.#isBracketed && this.#values.every(value => value === '')
  }

  get isSingle(): boolean {
    return !this.#isBracketed && this.#values.length === 1
  }

  get text(): string | undefined {
    const [first] = this.#values
    return first === undefined ? undefined : (decoded(first) ?? first)
  }
}

function decoded(text: string): string | undefined {
  if (!text.includes('%')) return text
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}
