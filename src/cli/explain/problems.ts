/** Why a link with a correct signature is refused, and which single change would make it valid. */
import { MAX_SECONDS } from '../../clock'
import { scopeOf } from '../../signing/authenticate-link'
import { SIGNER_AHEAD } from '../../signing/link-checks'
import { formatDuration } from '../duration'
import { findProblems, type CheckedLink, type CheckOptions } from '../link-check'
import { formatDate, formatTime } from '../time'
import { describeOpened } from './allowed'
import { quote, type Finding } from './finding'
import { addressIn, formatNetwork } from './network-text'

type Check = Omit<CheckOptions, 'secrets'>

/** A finding for each check that fails, in the order of a server. */
export function explainProblems(link: CheckedLink, options: Check): readonly Finding[] {
  return findProblems(link, options).flatMap(code => {
    switch (code) {
      case 'TERM_UNKNOWN':
        return explainUnknown(link)
      case 'SIGNATURE_NOT_YET_VALID':
        return explainEarly(link, options)
      case 'SIGNATURE_EXPIRED':
        return explainExpired(link, options)
      case 'SIGNATURE_LIFETIME':
        return explainLifetime(link, options)
      case 'NETWORK_NOT_ALLOWED':
        return explainNetwork(link, options)
      case 'SIGNATURE_INVALID':
        return explainScope(link)
    }
  })
}

function explainUnknown({ unknownTerm = '' }: CheckedLink): Finding[] {
  const text =
    `This version does not know the term ${quote(unknownTerm)}, and a server refuses what it does not know: ` +
    'update the server, or sign without it'
  return [{ kind: 'term-unknown', text }]
}

function explainEarly({ grant }: CheckedLink, { now, clockTolerance }: Check): Finding[] {
  const { notBefore, signedAt = 0 } = grant
  const findings: Finding[] = []
  if (notBefore !== undefined && notBefore > now + clockTolerance) {
    findings.push({
      kind: 'early',
      text: `The link is not valid before ${formatTime(notBefore, now)}${hintAtMilliseconds(notBefore)}`,
    })
  }
  if (signedAt > now + clockTolerance + SIGNER_AHEAD) {
    const reason = hintAtMilliseconds(signedAt) || ': the clock of the signer is ahead'
    findings.push({
      kind: 'early',
      text: `The link says that it was signed at ${formatTime(signedAt, now)}${reason}`,
    })
  }
  return findings
}

function hintAtMilliseconds(seconds: number): string {
  return seconds > MAX_SECONDS ? ': are these milliseconds? Sign seconds' : ''
}

function explainExpired({ grant }: CheckedLink, { now, clockTolerance }: Check): Finding[] {
  const { expires, playFor = 0 } = grant
  const findings: Finding[] = [{ kind: 'expired', text: `The link expired at ${formatTime(expires, now)}` }]
  if (playFor === 0) return findings
  const end = expires + playFor
  const verb = end + clockTolerance < now ? 'could' : 'may'
  findings.push({
    kind: 'session',
    text: `A listener who began before that ${verb} play on until ${formatTime(end, now)}`,
  })
  return findings
}

function explainLifetime({ grant }: CheckedLink, { now, maxTtl = 0 }: Check): Finding[] {
  const { expires, signedAt } = grant
  const limit = formatDuration(maxTtl)
  const text =
    signedAt !== undefined && expires - signedAt > maxTtl
      ? `The link was signed for ${formatDuration(expires - signedAt)}, longer than maxTtl allows: ${limit}`
      : `The link expires at ${formatTime(expires, now)}, later than maxTtl allows: ${limit}`
  return [{ kind: 'lifetime', text }]
}

function explainScope({ grant }: CheckedLink): Finding[] {
  const text = `The link does not open ${quote(grant.id)}: it opens ${describeOpened(grant)}`
  return [{ kind: 'scope', text }]
}

function explainNetwork({ grant }: CheckedLink, { address = '' }: Check): Finding[] {
  const text = `The link is for clients in ${formatNetwork(grant.network ?? {})}, not for ${address}`
  return [{ kind: 'network', text }]
}

/** The changes of a request each of which, alone, makes a refused link valid. */
export function findRemedies(link: CheckedLink, options: Check): readonly Finding[] {
  const problems = findProblems(link, options)
  if (problems.length === 0) return []
  const remedies = [
    remedyOfTime(link, options),
    remedyOfTrack(link, options),
    remedyOfNetwork(link, options),
    remedyOfLifetime(link, options),
  ].filter(text => text !== undefined)
  if (remedies.length > 0) {
    return remedies.map(text => ({ kind: 'remedy', text: `One change makes it valid: ${text}` }))
  }
  return problems.length === 1 ? [] : [{ kind: 'remedy', text: 'No single change makes it valid' }]
}

function isValid(link: CheckedLink, options: Check): boolean {
  return findProblems(link, options).length === 0
}

/** The times at which the link can be begun. */
function remedyOfTime(link: CheckedLink, options: Check): string | undefined {
  const { expires, notBefore = 0, signedAt = 0 } = link.grant
  const { now, clockTolerance, maxTtl = Infinity } = options
  const first = Math.max(
    0,
    notBefore - clockTolerance,
    signedAt - SIGNER_AHEAD - clockTolerance,
    expires - maxTtl - clockTolerance,
  )
  const last = expires + clockTolerance
  const nearest = now < first ? first : last
  if ((now >= first && now <= last) || !isValid(link, { ...options, now: nearest })) return undefined
  const start = first === 0 ? '' : ` from ${formatDate(first)}`
  return `another time,${start} until ${formatDate(last)}`
}

function remedyOfTrack(link: CheckedLink, options: Check): string | undefined {
  if (link.scope !== 'closed') return undefined
  const { tracks = [], prefix } = link.grant
  const id = tracks[0] ?? `${prefix}1`
  const grant = { ...link.grant, id }
  if (!isValid({ ...link, grant, scope: scopeOf(id, grant) }, options)) return undefined
  return tracks.length > 0
    ? `the path of another track, such as ${quote(id)}`
    : `the path of a track whose id begins with ${quote(prefix ?? '')}`
}

function remedyOfNetwork(link: CheckedLink, options: Check): string | undefined {
  const { network } = link.grant
  if (network === undefined || !findProblems(link, options).includes('NETWORK_NOT_ALLOWED')) return undefined
  return isValid(link, { ...options, address: addressIn(network) })
    ? `another network, ${formatNetwork(network)}`
    : undefined
}

function remedyOfLifetime(link: CheckedLink, options: Check): string | undefined {
  const { expires, signedAt = Infinity } = link.grant
  const { now, clockTolerance, maxTtl } = options
  if (maxTtl === undefined || !isValid(link, { ...options, maxTtl: undefined })) return undefined
  const needed = Math.max(Math.ceil(expires - now - clockTolerance), expires - signedAt)
  return `a server with maxTtl ${needed} or more`
}
