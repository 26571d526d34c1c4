/** The files that an id, or a path that was resolved, may stand for. */
import { mediaTypeOf, mediaTypeOfPath, type ListedExtension } from '../../http/media-type'

export interface TrackName {
  /** Relative to the directory. */
  readonly name: string
  /** Undefined if the extension is not one that can be served. */
  readonly mediaType: string | undefined
}

/** In the order in which they are tried: the id as it is signed, then in the other forms of Unicode. */
export function namesOfId(id: string, extensions: readonly ListedExtension[]): TrackName[] {
  return listNormalForms(id).flatMap(form =>
    extensions.map(extension => ({
      name: `${form}.${extension}`,
      mediaType: mediaTypeOf(extension.toLowerCase() as Lowercase<ListedExtension>),
    })),
  )
}

/** In the order in which they are tried: the path as it is given, then in the other forms of Unicode. */
export function namesOfPath(path: string): TrackName[] {
  const mediaType = mediaTypeOfPath(path)
  return listNormalForms(path).map(name => ({ name, mediaType }))
}

/** macOS writes names decomposed (NFD); other systems write them as they are typed, mostly composed (NFC). */
function listNormalForms(text: string): readonly string[] {
  // eslint-disable-next-line no-control-regex -- ASCII has one form only
  if (/^[\x00-\x7f]*$/.test(text)) return [text]
  return Array.from(new Set([text, text.normalize('NFC'), text.normalize('NFD')]))
}
