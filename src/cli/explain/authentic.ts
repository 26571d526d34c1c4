/** Explains a link whose signature is correct. */
import { MAX_SECONDS } from '../../clock'
import type { AuthenticLink } from '../../signing/authenticate-link'
import { listUnchecked, type CheckOptions } from '../link-check'
import { formatTime } from '../time'
import { explainAllowed } from './allowed'
import { quote, type Finding } from './finding'
import { explainPath, explainUnicodeForm } from './id-choices'
import { formatNetwork } from './network-text'
import { explainProblems, findRemedies } from './problems'

/** @param key the name of the secret that signed it */
export function explainAuthentic(
  link: AuthenticLink,
  key: string,
  options: CheckOptions,
): readonly Finding[] {
  const { now, secrets } = options
  const { id, expires } = link.grant
  const hasTerms = link.texts.terms !== undefined
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
  if (hasTerms) findings.push(...explainAllowed(link.grant, now))
  const problems = explainProblems(link, options)
  if (problems.length === 0) {
    findings.push({ kind: 'good-until', text: `The link is valid until ${formatTime(expires, now)}` })
  }
  return [
    ...findings,
    ...problems,
    ...(hasTerms ? [...findRemedies(link, options), ...explainUnchecked(link, options)] : []),
    ...explainNumber(expires),
    ...explainUnicodeForm(id),
  ]
}

function explainUnchecked(link: AuthenticLink, options: CheckOptions): readonly Finding[] {
  return listUnchecked(link, options).map(what => ({
    kind: 'unchecked',
    text:
      what === 'network'
        ? `The network of the client was not checked: give --from with an address, such as one in ${formatNetwork(link.grant.network ?? {})}`
        : `Whether the set ${quote(link.grant.set ?? '')} has ${quote(link.grant.id)} was not checked: only the app knows`,
  }))
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
