/** Explains what is wrong with a link that a foreign signer made. The secrets of the vectors are public, so all is shown. */
import { NO_TERMS } from '../explain/terms-choices'
import { decodeSegment } from '../../http/request-target'
import { SEVERAL_TRACKS } from '../../signing/canonical'
import { readExpires } from '../explain/expires-text'
import { quote, type Choice, type Finding } from '../explain/finding'
import { listIdChoices } from '../explain/id-choices'
import { parseLooseLink } from '../explain/loose-link'
import { findSigned } from '../explain/search'
import { listSecretChoices } from '../explain/secret-choices'
import { readSig } from '../explain/sig-text'
import { linkOfLine, splitLink } from './check-line'
import { termsOf, type SignInput, type SignVector } from './sign-vectors'
import { listTermsChoices } from './terms-choices'

/** @param others all vectors: the line may be the link of another one */
export function explainDifference(line: string, vector: SignVector, others: readonly SignVector[]): string[] {
  const link = linkOfLine(line)
  const swapped = others.find(({ url }) => url === link)
  if (swapped !== undefined) {
    return [`This is the link for input ${swapped.tcId}: write one line for each input, in their order`]
  }
  if (link.startsWith('{') || !/[?&](?:amp;)?\w+=/.test(link)) {
    return ['This is no signed link: write the URL alone in one line, or JSON such as {"url":"https://…"}']
  }
  const loose = parseLooseLink(link)
  const sigs = loose.sigs.map(readSig)
  const written = termsIn(link)
  const notes = [
    ...[...loose.findings, ...sigs.flatMap(({ findings }) => findings)].map(({ text }) => text),
    ...(/[^!-~]/.test(link) ? [BEYOND_ASCII] : []),
    ...explainPath(link, vector.input),
    ...explainExpires(loose.expires[0], vector.input),
    ...explainTerms(written, vector.input),
  ]
  const [sig] = sigs.flatMap(({ hex }) => hex ?? [])
  if (sig === undefined || sig === vector.sig) return notes.length > 0 ? notes : [OTHERWISE_RIGHT]
  return [...notes, ...explainSig(sig, written, vector)]
}

const BEYOND_ASCII = 'Percent-encode the UTF-8 of the id and of the terms: a link has printable ASCII alone'

const OTHERWISE_RIGHT =
  'The signature is right, but no server reads this link: compare it with the expected one'

function explainPath(link: string, { baseUrl, id }: SignInput): string[] {
  const { base, name } = splitLink(link)
  const found = decodeSegment(name)
  const notes = base === baseUrl ? [] : [`The link begins with ${quote(base)} in place of baseUrl`]
  if (found === id) return notes
  if (found === undefined) return [...notes, 'The id in the path is not the percent-encoding of UTF-8']
  return [
    ...notes,
    `The id in the path is ${quote(found)}: percent-encode the UTF-8 of the id once, and add nothing`,
  ]
}

function explainExpires(text: string | undefined, { expires }: SignInput): string[] {
  if (text === undefined || text === String(expires)) return []
  const findings = readExpires(text).findings.map(finding => finding.text)
  const isMilliseconds = text === `${expires}000`
  const shown = `expires is ${quote(text)} in the link, and must be ${expires}`
  return [isMilliseconds ? `${shown}: these are milliseconds` : shown, ...findings]
}

/** The terms as the link has them, decoded. */
function termsIn(link: string): string | undefined {
  const value = /[?&](?:amp;)?terms=([^&#]*)/.exec(link)?.[1]
  return value === undefined ? undefined : (decodeSegment(value) ?? value)
}

function explainTerms(written: string | undefined, input: SignInput): string[] {
  const terms = termsOf(input)
  if (written === undefined) return terms === '' ? [] : ['terms is missing in the link']
  if (terms === '') return ['The link has the parameter terms, but there are no terms: leave it out']
  if (written === terms) return []
  const isUnsorted = splitPairs(written).sort().join() === splitPairs(terms).sort().join()
  return [
    isUnsorted
      ? 'The terms in the link are not sorted: their names must ascend'
      : `The terms in the link are ${quote(written)}, and must be ${quote(terms)}`,
  ]
}

function splitPairs(terms: string): string[] {
  const parts = terms.split('.')
  return parts.flatMap((name, index) => (index % 2 === 0 ? `${name}.${parts[index + 1] ?? ''}` : []))
}

function explainSig(sig: string, written: string | undefined, vector: SignVector): string[] {
  const { input } = vector
  const { match } = findSigned({
    sigs: [sig],
    ids: listSubjects(vector),
    terms: [NO_TERMS],
    expires:
      input.terms.length === 0
        ? readExpires(String(input.expires)).choices
        : listTermsChoices(input, written),
    keys: listSecretChoices({ name: 'that of the input', bytes: Buffer.from(input.secret) }),
  })
  if (match === undefined) {
    return [
      'No common mistake explains the signature: compare what your program signs with the signed text, byte by byte',
    ]
  }
  return match.findings.map(({ text }) => text)
}

/** What may stand in place of the id. */
function listSubjects({ input: { id }, signedText }: VectorText): readonly Choice<string>[] {
  const ids = listIdChoices(`/${encodeURIComponent(id)}`)
  const several: Choice<string> = { value: SEVERAL_TRACKS }
  const isAlbum = signedText.startsWith(`${SEVERAL_TRACKS}|`)
  return isAlbum
    ? [several, { value: id, finding: ID_OF_ALBUM }]
    : [...ids, { ...several, finding: NO_ALBUM }]
}

type VectorText = Pick<SignVector, 'input' | 'signedText'>

const ID_OF_ALBUM: Finding = {
  kind: 'signed-text',
  text: 'The id was signed: if the terms have id, pre or in, sign * in place of it',
}

const NO_ALBUM: Finding = {
  kind: 'signed-text',
  text: '* was signed in place of the id: that is for terms with id, pre or in',
}
