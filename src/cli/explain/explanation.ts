/** Explains why a link is refused, or until when it is valid. */
import { MAX_SECONDS } from '../../clock'
import { AUDIO_EXTENSIONS, audioExtensionOf, mediaTypeOf } from '../../http/media-type'
import { lastSegment, splitTarget } from '../../http/request-target'
import { scopeOf } from '../../signing/authenticate-link'
import { opensSeveral, parseTerms } from '../../signing/terms'
import { readTrackAddress } from '../../track-address'
import { isTrackId, TRACK_ID_RULE } from '../../track-id'
import { checkLink, type CheckOptions, type CheckResult } from '../link-check'
import { formatTime } from '../time'
import { explainAllowed } from './allowed'
import { explainAuthentic } from './authentic'
import { readExpires } from './expires-text'
import { quote, type Finding } from './finding'
import { explainPath, listIdChoices } from './id-choices'
import { parseLooseLink } from './loose-link'
import { explainProblems } from './problems'
import { findSigned, type Match } from './search'
import { listSecretChoices } from './secret-choices'
import { readSig } from './sig-text'
import { NO_TERMS, readScattered, readTerms } from './terms-choices'

export interface Explanation {
  readonly result: CheckResult
  readonly findings: readonly Finding[]
}

export function explainLink(link: string, options: CheckOptions): Explanation {
  const result = checkLink(link, options)
  const findings =
    result.link === undefined
      ? explainUnsigned(link, options)
      : [...explainAuthentic(result.link, result.key, options), ...explainExtension(link)]
  return { result, findings }
}

/** What the extension of a valid link asks for. */
function explainExtension(link: string): Finding[] {
  const extension = audioExtensionOf(lastSegment(splitTarget(link).path) ?? '')
  if (extension === undefined) return []
  const type = mediaTypeOf(extension)
  const text = `The extension .${extension} is not signed: a server responds with 404 unless the track is ${type}`
  return [{ kind: 'extension', text }]
}

/** Characters, as many as Node's parser accepts for the request line and the headers together by default. */
const MAX_EXPLAINED = 16_384

/** A longer path is not searched: no signer made a mistake with such an id. */
const MAX_SEARCHED_PATH = 1024

function explainUnsigned(link: string, options: CheckOptions): Finding[] {
  if (link.length > MAX_EXPLAINED) return [describeTooLong(link)]
  const loose = parseLooseLink(link)
  const sigs = loose.sigs.map(readSig)
  const expires = loose.expires.map(readExpires)
  const terms = loose.terms.map(readTerms)
  const findings = [
    ...loose.findings,
    ...[...sigs, ...expires, ...terms].flatMap(part => part.findings),
    ...explainId(loose.path),
  ]
  const suspects = {
    sigs: sigs.flatMap(({ hex }) => hex ?? []),
    expires: expires.flatMap(({ choices }) => choices),
    terms:
      terms.length === 0
        ? [NO_TERMS, ...readScattered(loose.scattered ?? '')]
        : terms.flatMap(({ choices }) => choices),
  }
  if (suspects.sigs.length === 0 || suspects.expires.length === 0 || loose.path.length > MAX_SEARCHED_PATH) {
    return findings
  }
  const { match, isComplete } = findSigned({
    ...suspects,
    ids: listIdChoices(loose.path),
    keys: options.secrets.flatMap(listSecretChoices),
  })
  return match === undefined
    ? [...findings, isComplete ? NO_MATCH : NO_MATCH_SO_FAR]
    : [...findings, ...match.findings, ...explainMatch(match, loose.terms, options)]
}

const NO_MATCH: Finding = {
  kind: 'no-match',
  text:
    'None of the given secrets made this signature, and no common mistake explains it: ' +
    'another secret made it, or the id, expires or the terms were changed after signing',
}

const NO_MATCH_SO_FAR: Finding = {
  kind: 'no-match',
  text:
    'None of the given secrets made this signature, and no mistake that was tried explains it. ' +
    'Not all mistakes were tried, because the secret is long or the link has several values',
}

function describeTooLong({ length }: string): Finding {
  return {
    kind: 'too-long',
    text:
      `The link has ${length} characters and was not searched for mistakes: the limit is ${MAX_EXPLAINED}, ` +
      "as is Node's default for the request line and the headers together",
  }
}

function explainId(path: string): Finding[] {
  const name = lastSegment(path)
  if (name === undefined) return [{ kind: 'id-not-allowed', text: 'The id cannot be percent-decoded' }]
  const address = readTrackAddress(name)
  if (address === undefined) {
    return [{ kind: 'id-not-allowed', text: `${quote(name)} is not an id: use ${TRACK_ID_RULE}` }]
  }
  if (address.extension === undefined || audioExtensionOf(name) !== undefined) return []
  const known = AUDIO_EXTENSIONS.join(', ')
  const text = `A server responds with 404 to the extension .${address.extension}: remove it, or use one of ${known}`
  return [{ kind: 'id-extension', text }]
}

/** @param inLink the terms in the link, which stand for those that were signed in another notation */
function explainMatch(match: Match, inLink: readonly string[], options: CheckOptions): Finding[] {
  const { id, expires, key, findings: mistakes } = match
  if (!isTrackId(id) && !mistakes.some(({ kind }) => kind.startsWith('id-'))) {
    return [
      {
        kind: 'key',
        text: `The link was signed with ${key.name} as it is, but no server accepts this id: use another one`,
      },
    ]
  }
  const seconds = Number(expires) > MAX_SECONDS ? Math.floor(Number(expires) / 1000) : Number(expires)
  const findings: Finding[] = [
    { kind: 'key', text: `Otherwise the signature is correct: ${quote(id)}, signed with ${key.name}` },
    ...explainPath(id),
  ]
  if (!Number.isSafeInteger(seconds)) return findings
  const terms =
    match.terms && ([match.terms, ...inLink].find(text => parseTerms(text).kind === 'terms') ?? match.terms)
  return [...findings, ...explainFixed({ id, expires: seconds, terms }, options)]
}

/** Says whether the link works once all mistakes are fixed. */
function explainFixed(
  { id, expires, terms }: { id: string; expires: number; terms: string | undefined },
  options: CheckOptions,
): Finding[] {
  const { now } = options
  const parsed = parseTerms(terms ?? 'iat.0')
  if (parsed.kind === 'malformed') return []
  const grant = { ...(terms !== undefined && parsed.terms), id, expires, keyIndex: 0 }
  const link = {
    grant,
    scope: opensSeveral(grant) ? scopeOf(id, grant) : ('open' as const),
    unknownTerm: parsed.unknown,
  }
  const allowed = terms === undefined ? [] : explainAllowed(grant, now)
  const problems = explainProblems(link, options)
  if (problems.length === 0) {
    const text = `With that fixed, the link is valid until ${formatTime(expires, now)}`
    return [...allowed, { kind: 'good-until', text }]
  }
  return [
    ...allowed,
    ...problems.map(({ kind, text }) => ({
      kind,
      text: `With that fixed, the link is still refused: ${text.replace(/^The link /, 'it ')}`,
    })),
  ]
}
