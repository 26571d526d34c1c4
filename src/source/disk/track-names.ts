/** The file names that an id may stand for. */
import type { ListedExtension } from '../../http/media-type'

export interface TrackName {
  readonly name: string
  readonly extension: ListedExtension
}

/** In the order in which they are tried: the id as it is signed, then in the other forms of Unicode. */
export function listTrackNames(id: string, extensions: readonly ListedExtension[]): TrackName[] {
  return listNormalForms(id).flatMap(form =>
    extensions.map(extension => ({ name: `${form}.${extension}`, extension })),
  )
}

/** macOS writes names decomposed (NFD); other systems write them as they are typed, mostly composed (NFC). */
function listNormalForms(id: string): readonly string[] {
  // eslint-disable-next-line no-control-regex -- ASCII has one form only
  if (/^[\x00-\x7f]*$/.test(id)) return [id]
  return Array.from(new Set([id, id.normalize('NFC'), id.normalize('NFD')]))
}
