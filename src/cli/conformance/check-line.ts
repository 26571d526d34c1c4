/** Whether a line of a foreign signer is the expected link. */
import { decodeSegment, splitTarget } from '../../http/request-target'
import { parseLinkClaim } from '../../signing/query'
import { termsOf, type SignVector } from './sign-vectors'

export type LineVerdict = 'same' | 'respelled' | 'different'

/** The link of a line, which may be JSON with the field `url`. */
export function linkOfLine(line: string): string {
  const text = line.trim()
  if (!text.startsWith('{')) return text
  try {
    const { url } = JSON.parse(text) as { url?: unknown }
    return typeof url === 'string' ? url : text
  } catch {
    return text
  }
}

/** `respelled`: a server takes it for the same link, as it differs in what is percent-encoded or in the order of parameters. */
export function checkLine(line: string, { input, sig, url }: SignVector): LineVerdict {
  const link = linkOfLine(line)
  if (link === url) return 'same'
  const { base, name, query } = splitLink(link)
  const { expires, terms, sig: found } = claimOf(query)
  const isSame =
    base === input.baseUrl &&
    decodeSegment(name) === input.id &&
    expires === String(input.expires) &&
    (terms ?? '') === termsOf(input) &&
    found === sig
  return isSame && /^[!-~]*$/.test(link) ? 'respelled' : 'different'
}

function claimOf(query: string) {
  const claim = parseLinkClaim(query)
  return claim.kind === 'claim' ? claim.texts : { expires: undefined, terms: undefined, sig: undefined }
}

export interface LinkParts {
  readonly base: string
  /** The last segment of the path, percent-encoded. */
  readonly name: string
  readonly query: string
}

export function splitLink(link: string): LinkParts {
  const [start = ''] = link.split(/[?#]/, 1)
  const slash = start.lastIndexOf('/')
  return {
    base: start.slice(0, Math.max(slash, 0)),
    name: start.slice(slash + 1),
    query: splitTarget(link).query,
  }
}
