/** The ids that a signer may have signed, if they differ from the id in the link. */
import { AUDIO_EXTENSIONS, audioExtensionOf } from '../../http/media-type'
import { decodeSegment } from '../../http/request-target'
import { idFromPath, pathFromId } from '../../path-id'
import { readTrackAddress, type TrackAddress } from '../../track-address'
import { quote, type Choice, type Finding, type FindingKind } from './finding'

/** @param path the path of the link, percent-encoded */
export function listIdChoices(path: string): readonly Choice<string>[] {
  const segments = path.split('/')
  const segment = segments.at(-1) === '' ? (segments.at(-2) ?? '') : (segments.at(-1) ?? '')
  const name = decodeSegment(segment) ?? segment
  const { id, extension } = splitName(name)
  const choices: Choice<string>[] = [{ value: id }]
  const known = new Set([id])

  function add(kind: FindingKind, text: string, ...values: readonly (string | undefined)[]): void {
    for (const value of values) {
      if (value === undefined || value === '' || known.has(value)) continue
      known.add(value)
      choices.push({ value, finding: { kind, text: text.replace('{}', () => quote(value)) } })
    }
  }

  if (extension !== undefined) {
    add('id-extension', `{} was signed: sign the id alone, without .${extension}`, name)
  }
  add('id-unicode-form', `${ANOTHER_FORM} composed (NFC). ${FORMS}`, id.normalize('NFC'))
  add('id-unicode-form', `${ANOTHER_FORM} decomposed (NFD). ${FORMS}`, id.normalize('NFD'))
  add(
    'id-unicode-form',
    `${ANOTHER_FORM} in a compatibility form (NFKC or NFKD). ${FORMS}`,
    id.normalize('NFKC'),
    id.normalize('NFKD'),
  )
  add('id-encoding', 'Percent-encode the id once, not twice: the signed id is {}', decodeSegment(id))
  add(
    'id-encoding',
    'The percent-encoded id was signed: sign the id itself, then encode it for the link',
    segment,
    // `Buffer` replaces lone surrogates by U+FFFD; `encodeURIComponent` would throw for them.
    encodeURIComponent(Buffer.from(id).toString()),
  )
  add(
    'id-encoding',
    'The id was read as Latin-1 and written as UTF-8 after signing: the signed id is {}',
    Buffer.from(id, 'latin1').toString(),
  )
  add(
    'id-encoding',
    'The signer reads its own UTF-8 as Latin-1: sign UTF-8',
    Buffer.from(id).toString('latin1'),
  )
  add(
    'id-case',
    'Upper and lower case of the id were changed after signing: the signed id is {}',
    id.toLowerCase(),
    id.toUpperCase(),
  )
  add(
    'id-encoding',
    'Remove the characters that were added at the start or the end of the id: the signed id is {}',
    id.trim(),
    /[\p{L}\p{M}\p{N}_-](?:.*[\p{L}\p{M}\p{N}_-])?/su.exec(id)?.[0],
  )
  for (const audio of AUDIO_EXTENSIONS)
    add('id-extension', 'The file name {} was signed: sign only the id', `${id}.${audio}`)
  add(
    'id-path',
    'The path {} was signed: sign only the id',
    path,
    path.slice(1),
    decodeSegment(path),
    decodeSegment(path.slice(1)),
    pathFromId(id),
  )
  for (const end of pathEnds(path)) {
    add('id-path', 'The link has a path in place of the id, which is {}', idOfPath(end))
    add('id-path', 'The path {} was signed: sign idFromPath of it, and write that into the link', end)
  }
  return choices
}

/** `name` without an extension, also if the rest is not an id: it may have been changed. */
function splitName(name: string): TrackAddress {
  const address = readTrackAddress(name)
  if (address !== undefined) return address
  const dot = audioExtensionOf(name) === undefined ? 0 : name.lastIndexOf('.')
  return dot > 0
    ? { id: name.slice(0, dot), extension: name.slice(dot + 1) }
    : { id: name, extension: undefined }
}

/** More folders than a library has, and few enough to try. */
const MAX_FOLDERS = 6

/** What may be the path of a file below the directory: the last segment, the last two, and so on. */
function pathEnds(path: string): readonly string[] {
  const segments = path
    .split('/')
    .slice(-MAX_FOLDERS)
    .map(segment => decodeSegment(segment) ?? segment)
  return segments.map((_, index) => segments.slice(index).join('/')).reverse()
}

function idOfPath(path: string): string | undefined {
  try {
    return idFromPath(path)
  } catch {
    return undefined
  }
}

/** A finding for an id that idFromPath made of the path of an audio file. */
export function explainPath(id: string): readonly Finding[] {
  const path = pathFromId(id)
  // Many a short id could stand for a path, as a_b for "a b".
  if (path === undefined || audioExtensionOf(path) === undefined) return []
  return [
    { kind: 'path', text: `The id stands for the path ${quote(path)}, if the server resolves by pathFromId` },
  ]
}

/** A finding for an id that looks the same in another Unicode form. */
export function explainUnicodeForm(id: string): readonly Finding[] {
  const isComposed = id === id.normalize('NFC')
  const isDecomposed = id === id.normalize('NFD')
  if (isComposed && isDecomposed) return []
  const form = isComposed ? 'composed (NFC)' : isDecomposed ? 'decomposed (NFD)' : 'a mixed'
  return [{ kind: 'id-unicode-form', text: `The id is in ${form} form. ${FORMS}` }]
}

const ANOTHER_FORM = 'The signed id looks like the one in the link, but it is'
const FORMS = 'Each Unicode form has its own signature; the server finds the file by either'
