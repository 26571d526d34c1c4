/** Takes a link apart as it may have been meant, and tells what happened to it on its way. */
import { splitTarget } from '../../http/request-target'
import type { Finding, FindingKind } from './finding'
import { readParameters, type LooseParameters } from './loose-parameters'

export interface LooseLink extends LooseParameters {
  /** Percent-encoded. */
  readonly path: string
}

interface Mend {
  readonly kind: FindingKind
  readonly text: string
  readonly mend: (link: string) => string
}

/** In the order in which they are undone. */
const MENDS: readonly Mend[] = [
  {
    kind: 'surrounded',
    text: 'White space, quotes or brackets stand before or after the link: leave them out',
    mend: link => link.trim().replace(/^[<([{"'“‘«`]+/u, ''),
  },
  {
    kind: 'white-space',
    text: 'There is white space inside the link, as where a mail program has broken a line: leave it out',
    mend: link => link.replace(/\s+/g, ''),
  },
  {
    kind: 'quoted-printable',
    text: 'The link is quoted-printable, as in the source of a mail: =3D stands for =',
    mend: link => link.replace(/([?&]\w+=)3D/gi, '$1'),
  },
  {
    kind: 'html-escaped',
    text: 'The link is escaped for HTML: &amp; stands for &, which a page or a mail that is read shows again',
    mend: link => link.replace(/&(?:amp;)+|&#0*38;|&#x0*26;/gi, '&'),
  },
  {
    kind: 'backslashes',
    text: 'There are backslashes in the link, as some shells add them where one pastes: leave them out in quotes',
    // A run that no mark follows is matched too, so that it is looked at once.
    mend: link => link.replace(/\\+([?&=]?)/g, (run, mark: string) => mark || run),
  },
  {
    kind: 'percent-encoded',
    text: 'The marks of the query are percent-encoded (%3F, %26, %3D stand for ?, &, =), so that there is no query',
    mend: decodeMarks,
  },
  {
    kind: 'separator',
    text: 'The parameters are not set apart as they should be: one ? before the first, one & between them',
    mend: setApart,
  },
]

export function loosen(link: string): LooseLink {
  const findings: Finding[] = []
  let mended = link
  for (const { kind, text, mend } of MENDS) {
    const before = mended
    mended = mend(before)
    if (mended !== before) findings.push({ kind, text })
  }
  const { path, query } = splitTarget(mended)
  const parameters = readParameters(query)
  return { ...parameters, path, findings: [...findings, ...parameters.findings] }
}

/** Only where there is no parameter otherwise: a link may carry another, encoded link. */
function decodeMarks(link: string): string {
  if (/[?&](?:expires|sig)=/i.test(link)) {
    return link
      .replace(/%(?:25)*26(?=(?:expires|sig)(?:=|%))/gi, '&')
      .replace(/([?&](?:expires|sig))%(?:25)*3D/gi, '$1=')
  }
  return link
    .replace(/%(?:25)*3F/gi, '?')
    .replace(/%(?:25)*26/gi, '&')
    .replace(/%(?:25)*3D/gi, '=')
}

function setApart(link: string): string {
  return link
    .replace(/[;,?|]+((?:expires|sig)=)?/gi, (run, name?: string) => (name === undefined ? run : `&${name}`))
    .replace(/([0-9a-f])(?=(?:expires|sig)=)/gi, '$1&')
    .replace(/&{2,}/g, '&')
    .replace(/\?&/g, '?')
    .replace(/^([^?]*?)&/, '$1?')
}
