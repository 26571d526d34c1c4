/** Why a link is refused, or until when it is good. */
import { lastSegment } from '../../http/request-target'
import { isTrackId, TRACK_ID_RULE } from '../../track-id'
import { durationInWords } from '../duration'
import { judgeLink, type Circumstances, type Judgement } from '../judging'
import { momentInWords } from '../moment'
import { FIRST_MILLISECONDS, readExpires } from './expires-text'
import { shown, type Finding } from './finding'
import { idChoices, explainUnicodeForm } from './id-choices'
import { loosen } from './loose-link'
import { findSigned, type Match } from './search'
import { secretChoices } from './secret-choices'
import { readSig } from './sig-text'

export interface Explanation {
  readonly judgement: Judgement
  readonly findings: readonly Finding[]
}

export function explainLink(link: string, circumstances: Circumstances): Explanation {
  const judgement = judgeLink(link, circumstances)
  // What holds at the beginning of time holds but for the clock.
  const authentic = judgeLink(link, { ...circumstances, now: 0, clockTolerance: 0, maxTtl: undefined })
  if (authentic.valid) return { judgement, findings: explainAuthentic(authentic, judgement, circumstances) }
  return { judgement, findings: explainRefused(link, circumstances) }
}

type Authentic = Judgement & { readonly valid: true }

function explainAuthentic(
  { id, expires, key }: Authentic,
  judgement: Judgement,
  circumstances: Circumstances,
): Finding[] {
  const { now, maxTtl = 0, secrets } = circumstances
  const until = momentInWords(expires, now)
  const findings: Finding[] = [
    { kind: 'key', text: `The signature is right: ${shown(id)}, signed by ${key}` },
  ]
  if (key !== secrets[0]?.name) {
    findings.push({
      kind: 'key',
      text: `${key} is not the first secret: the link dies when that one is taken away`,
    })
  }
  if (judgement.valid) findings.push({ kind: 'good-until', text: `It is good until ${until}` })
  else if (judgement.code === 'SIGNATURE_EXPIRED')
    findings.push({ kind: 'expired', text: `It expired at ${until}` })
  else {
    const limit = durationInWords(maxTtl)
    findings.push({ kind: 'lifetime', text: `It lives until ${until}: longer than maxTtl allows, ${limit}` })
  }
  return [...findings, ...explainNumber(expires), ...explainUnicodeForm(id)]
}

/** Any earlier is no time at which anybody signs. */
const FIRST_SECONDS = 1e9

function explainNumber(expires: number): Finding[] {
  if (expires >= FIRST_MILLISECONDS) {
    const text =
      'expires is in milliseconds, signed as such: a server takes them for seconds, thousands of years from now'
    return [{ kind: 'expires-milliseconds', text }]
  }
  if (expires < FIRST_SECONDS) {
    const text = 'expires is a length of time, not a point in time: add the seconds since the epoch'
    return [{ kind: 'expires-duration', text }]
  }
  return []
}

/** Characters. Node's parser accepts as many for target and headers together by default. */
const MAX_EXPLAINED = 16_384

/** In a longer path, the id is not what was signed wrongly. */
const MAX_SEARCHED_PATH = 1024

function explainRefused(link: string, circumstances: Circumstances): Finding[] {
  if (link.length > MAX_EXPLAINED) return [tooLong(link)]
  const loose = loosen(link)
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
    ids: idChoices(loose.path),
    keys: circumstances.secrets.flatMap(secretChoices),
  })
  return match === undefined
    ? [...findings, isComplete ? NO_MATCH : NO_MATCH_SO_FAR]
    : [...findings, ...match.findings, ...explainMatch(match, circumstances)]
}

const NO_MATCH: Finding = {
  kind: 'no-match',
  text:
    'No secret given here made this signature, nor does a common mistake explain it: ' +
    'it was made with another secret, or the id or expires was changed afterwards',
}

const NO_MATCH_SO_FAR: Finding = {
  kind: 'no-match',
  text:
    'No secret given here made this signature, and none of the mistakes that were tried explains it. ' +
    'Not all were tried, because the secret is long or the link has several values',
}

function tooLong({ length }: string): Finding {
  return {
    kind: 'too-long',
    text:
      `The link has ${length} characters and is not searched for mistakes: the limit is ${MAX_EXPLAINED}, ` +
      'which is what Node accepts of a request without its body by default',
  }
}

function explainId(path: string): Finding[] {
  const id = lastSegment(path)
  if (id === undefined) return [{ kind: 'id-not-allowed', text: 'The id does not percent-decode' }]
  if (isTrackId(id)) return []
  return [{ kind: 'id-not-allowed', text: `${shown(id)} is no id: ${TRACK_ID_RULE}` }]
}

/** What becomes of the link once it is mended. */
function explainMatch({ id, expires, key, findings: mistakes }: Match, { now }: Circumstances): Finding[] {
  if (!isTrackId(id) && !mistakes.some(({ kind }) => kind.startsWith('id-'))) {
    return [
      { kind: 'key', text: `${key.name} signed it as it is, but no server takes such an id: sign another` },
    ]
  }
  const seconds = Number(expires) >= FIRST_MILLISECONDS ? Math.floor(Number(expires) / 1000) : Number(expires)
  const findings: Finding[] = [
    { kind: 'key', text: `But for that it is right: ${shown(id)}, signed by ${key.name}` },
  ]
  if (!Number.isSafeInteger(seconds)) return findings
  const until = momentInWords(seconds, now)
  return [
    ...findings,
    seconds < now
      ? { kind: 'expired', text: `Mended, it would be refused all the same: it expired at ${until}` }
      : { kind: 'good-until', text: `Mended, it would be good until ${until}` },
  ]
}
