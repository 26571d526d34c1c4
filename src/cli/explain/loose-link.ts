/** Undoes what mail programs, pages and shells do to a link, and splits it into its parts. */
import { splitTarget } from '../../http/request-target'
import type { Finding, FindingKind } from './finding'
import { readParameters, type LooseParameters } from './loose-parameters'

export interface LooseLink extends LooseParameters {
  /** Percent-encoded. */
  readonly path: string
}

interface Repair {
  readonly kind: FindingKind
  readonly text: string
  readonly apply: (link: string) => string
}

/** In the order in which they are applied. */
const REPAIRS: readonly Repair[] = [
  {
    kind: 'surrounded',
    text: 'Remove the white space, quotes or brackets around the link',
    apply: link => link.trim().replace(/^[<([{"'“‘«`]+/u, ''),
  },
  {
    kind: 'white-space',
    text: 'Remove the white space inside the link, such as a line break of a mail program',
    apply: link => link.replace(/\s+/g, ''),
  },
  {
    kind: 'quoted-printable',
    text: 'The link is quoted-printable, as in the source of a mail: replace =3D with =',
    apply: link => link.replace(/([?&]\w+=)3D/gi, '$1'),
  },
  {
    kind: 'html-escaped',
    text: 'The link is escaped for HTML: replace &amp; with &',
    apply: link => link.replace(/&(?:amp;)+|&#0*38;|&#x0*26;/gi, '&'),
  },
  {
    kind: 'backslashes',
    text: 'Remove the backslashes, which some shells add when you paste: write the link in quotes',
    // The separator is optional in the pattern, so that a long run of backslashes is scanned only once.
    apply: link => link.replace(/\\+([?&=]?)/g, (run, separator: string) => separator || run),
  },
  {
    kind: 'percent-encoded',
    text: 'Separators of the query are percent-encoded: replace %3F with ?, %26 with & and %3D with =',
    apply: decodeSeparators,
  },
  {
    kind: 'separator',
    text: 'Write one ? before the first parameter, and one & between the parameters',
    apply: fixSeparators,
  },
]

export function parseLooseLink(link: string): LooseLink {
  const findings: Finding[] = []
  let repaired = link
  for (const { kind, text, apply } of REPAIRS) {
    const before = repaired
    repaired = apply(before)
    if (repaired !== before) findings.push({ kind, text })
  }
  const { path, query } = splitTarget(repaired)
  const parameters = readParameters(query)
  return { ...parameters, path, findings: [...findings, ...parameters.findings] }
}

/** If the query has one of our parameters, only separators next to them: another parameter may be an encoded link. */
function decodeSeparators(link: string): string {
  if (/[?&](?:expires|terms|sig)=/i.test(link)) {
    return link
      .replace(/%(?:25)*26(?=(?:expires|terms|sig)(?:=|%))/gi, '&')
      .replace(/([?&](?:expires|terms|sig))%(?:25)*3D/gi, '$1=')
  }
  return link
    .replace(/%(?:25)*3F/gi, '?')
    .replace(/%(?:25)*26/gi, '&')
    .replace(/%(?:25)*3D/gi, '=')
}

function fixSeparators(link: string): string {
  return link
    .replace(/[;,?|]+((?:expires|terms|sig)=)?/gi, (run, name?: string) =>
      name === undefined ? run : `&${name}`,
    )
    .replace(/([0-9a-f])(?=(?:expires|terms|sig)=)/gi, '$1&')
    .replace(/&{2,}/g, '&')
    .replace(/\?&/g, '?')
    .replace(/^([^?]*?)&/, '$1?')
}
