/** What a signer may have taken for the id, where that is not what the link says. */
import { AUDIO_EXTENSIONS, isAudioExtension } from '../../http/media-type'
import { decodeSegment } from '../../http/request-target'
import { shown, type Choice, type Finding, type FindingKind } from './finding'

/** @param path of the link, percent-encoded */
export function idChoices(path: string): readonly Choice<string>[] {
  const segments = path.split('/')
  const segment = segments.at(-1) === '' ? (segments.at(-2) ?? '') : (segments.at(-1) ?? '')
  const id = decodeSegment(segment) ?? segment
  const choices: Choice<string>[] = [{ value: id }]
  const known = new Set([id])

  function add(kind: FindingKind, text: string, ...values: readonly (string | undefined)[]): void {
    for (const value of values) {
      if (value === undefined || value === '' || known.has(value)) continue
      known.add(value)
      choices.push({ value, finding: { kind, text: text.replace('{}', () => shown(value)) } })
    }
  }

  const [, stem, extension] = /^(.+)\.([a-z0-9]+)$/i.exec(id) ?? []
  if (isAudioExtension(extension?.toLowerCase())) {
    add('id-extension', `.${extension} was appended to the id after signing: the id signed is {}`, stem)
  }
  add(
    'id-unicode-form',
    `${ANOTHER_FORM}: signed composed (NFC), linked otherwise. ${FORMS}`,
    id.normalize('NFC'),
  )
  add(
    'id-unicode-form',
    `${ANOTHER_FORM}: signed decomposed (NFD), linked otherwise. ${FORMS}`,
    id.normalize('NFD'),
  )
  add(
    'id-unicode-form',
    `${ANOTHER_FORM}: signed in a compatibility form. ${FORMS}`,
    id.normalize('NFKC'),
    id.normalize('NFKD'),
  )
  add('id-encoding', 'The id is percent-encoded twice: the id signed is {}', decodeSegment(id))
  add(
    'id-encoding',
    'The percent-encoded id was signed: sign the id as it is, then encode it for the link',
    segment,
    // Lone surrogates, which have no encoding, become U+FFFD.
    encodeURIComponent(Buffer.from(id).toString()),
  )
  add(
    'id-encoding',
    'The id was read as Latin-1 and written as UTF-8 on its way: the id signed is {}',
    Buffer.from(id, 'latin1').toString(),
  )
  add('id-encoding', 'The signer reads its own UTF-8 as Latin-1', Buffer.from(id).toString('latin1'))
  add(
    'id-case',
    'Upper and lower case of the id were changed after signing: the id signed is {}',
    id.toLowerCase(),
    id.toUpperCase(),
  )
  add(
    'id-encoding',
    'The id was changed after signing, in marks at its ends: the id signed is {}',
    id.trim(),
    /[\p{L}\p{M}\p{N}_-](?:.*[\p{L}\p{M}\p{N}_-])?/su.exec(id)?.[0],
  )
  for (const audio of AUDIO_EXTENSIONS)
    add('id-extension', 'The name of the file was signed, {}: sign the id alone', `${id}.${audio}`)
  add(
    'id-path',
    'The path of the link was signed, {}: sign the id alone',
    path,
    path.slice(1),
    decodeSegment(path),
    decodeSegment(path.slice(1)),
  )
  return choices
}

/** Of an id that looks the same in another form. */
export function explainUnicodeForm(id: string): readonly Finding[] {
  const isComposed = id === id.normalize('NFC')
  const isDecomposed = id === id.normalize('NFD')
  if (isComposed && isDecomposed) return []
  const form = isComposed ? 'composed (NFC)' : isDecomposed ? 'decomposed (NFD)' : 'a mixed'
  return [{ kind: 'id-unicode-form', text: `The id is in ${form} form. ${FORMS}` }]
}

const ANOTHER_FORM = 'The id looks the same as the one signed, but is in another form of Unicode'
const FORMS = 'Each form is signed differently, and finds the file in either'
