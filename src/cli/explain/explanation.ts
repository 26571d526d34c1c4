/** Explains why a link is refused, or until when it is valid. */
import { MAX_SECONDS } from '../../clock'
import { AUDIO_EXTENSIONS, audioExtensionOf, mediaTypeOf } from '../../http/media-type'
import { lastSegment, splitTarget } from '../../http/request-target'
import { readTrackAddress } from '../../track-address'
import { isTrackId, TRACK_ID_RULE } from '../../track-id'
import { formatDuration } from '../duration'
import { checkLink, type CheckOptions, type CheckResult } from '../link-check'
import { formatTime } from '../time'
import { readExpires } from './expires-text'
import { quote, type Finding } from './finding'
import { explainPath, explainUnicodeForm, listIdChoices } from './id-choices'
import { parseLooseLink } from './loose-link'
import { findSigned, type Match } from './search'
import { listSecretChoices } from './secret-choices'
import { readSig } from './sig-text'

export interface Explanation {
  readonly result: CheckResult
  readonly findings: readonly Finding[]
}

export function explainLink(link: string, options: CheckOptions): Explanation {
  const result = checkLink(link, options)
  // At time 0 and without maxTtl, no link is refused for its expiry.
  const signature = checkLink(link, { ...options, now: 0, clockTolerance: 0, maxTtl: undefined })
  const findings = signature.valid
    ? [...explainSigned(signature, result, options), ...explainExtension(link)]
    : explainUnsigned(link, options)
  return { result, findings }
}

type ValidLink = Extract<CheckResult, { valid: true }>

function explainSigned(
  { id, expires, key }: ValidLink,
  result: CheckResult,
  { now, maxTtl = 0, secrets }: CheckOptions,
): Finding[] {
  const time = formatTime(expires, now)
  const findings: Finding[] = [
    { kind: 'key', text: `The signature is correct: ${quote(id)}, signed with ${key}` },
    ...explainPath(id),
  ]
  if (key !== secrets[0]?.name) {
    findings.push({
      kind: 'key',
      text: `${key} is not the first secret: the link stops working when you remove that secret`,
    })
  }
  if (result.valid) findings.push({ kind: 'good-until', text: `The link is valid until ${time}` })
  else if (result.code === 'SIGNATURE_EXPIRED')
    findings.push({ kind: 'expired', text: `The link expired at ${time}` })
  else {
    const limit = formatDuration(maxTtl)
    findings.push({
      kind: 'lifetime',
      text: `The link expires at ${time}, later than maxTtl allows: ${limit}`,
    })
  }
  return [...findings, ...explainNumber(expires), ...explainUnicodeForm(id)]
}

/** What the extension of a valid link asks for. */
function explainExtension(link: string): Finding[] {
  const extension = audioExtensionOf(lastSegment(splitTarget(link).path) ?? '')
  if (extension === undefined) return []
  const type = mediaTypeOf(extension)
  const text = `The extension .${extension} is not signed: a server responds with 404 unless the track is ${type}`
  return [{ kind: 'extension', text }]
}

/** September 2001. A smaller number is not a time at which a link is signed. */
const FIRST_SECONDS = 1e9

function explainNumber(expires: number): Finding[] {
  if (expires > MAX_SECONDS) {
    const text =
      'expires is in milliseconds and was signed like that, but servers read seconds, thousands of years from now: sign seconds'
    return [{ kind: 'expires-milliseconds', text }]
  }
  if (expires < FIRST_SECONDS) {
    const text = 'expires is a duration instead of a point in time: add the current seconds since the epoch'
    return [{ kind: 'expires-duration', text }]
  }
  return []
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
  const findings = [
    ...loose.findings,
    ...[...sigs, ...expires].flatMap(part => part.findings),
    ...explainId(loose.path),
  ]
  const suspects = {
    sigs: sigs.flatMap(({ hex }) => hex ?? []),
    expires: expires.flatMap(({ choices }) => choices),
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
    : [...findings, ...match.findings, ...explainMatch(match, options)]
}

const NO_MATCH: Finding = {
  kind: 'no-match',
  text:
    'None of the given secrets made this signature, and no common mistake explains it: ' +
    'another secret made it, or the id or expires was changed after signing',
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

/** Says whether the link works once all mistakes are fixed. */
function explainMatch({ id, expires, key, findings: mistakes }: Match, { now }: CheckOptions): Finding[] {
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
  const time = formatTime(seconds, now)
  return [
    ...findings,
    seconds < now
      ? { kind: 'expired', text: `With that fixed, the link is still refused: it expired at ${time}` }
      : { kind: 'good-until', text: `With that fixed, the link is valid until ${time}` },
  ]
}
