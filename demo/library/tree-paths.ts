/** The paths of a tree of folders: which of them are tracks, and in which order they are listed. */
import { isAudioExtension, pathFromId, type AudioExtension } from 'express-signed-stream'
import { compareIds } from './track-ids'

/** Folders inside each other. */
export const MAX_DEPTH = 32

/** Whether a file or folder of that name is hidden; `.` and `..` are too. */
export function isHidden(name: string): boolean {
  return name === '' || name.startsWith('.')
}

export function isAudioName(name: string): boolean {
  return !isHidden(name) && audioExtensionOf(name) !== undefined
}

/** In lower case. ASCII alone, as the stream serves it: the Kelvin sign would be a k in lower case. */
export function audioExtensionOf(path: string): AudioExtension | undefined {
  const extension = /\.([a-z\d]+)$/i.exec(path)?.[1]?.toLowerCase()
  return isAudioExtension(extension) ? extension : undefined
}

/** Whether a track may be at `path`: a link to anything else opens nothing, even with a valid signature. */
export function isTrackPath(path: string): boolean {
  const segments = path.split('/')
  return segments.length <= MAX_DEPTH + 1 && !segments.some(isHidden) && isAudioName(segments.at(-1) ?? '')
}

/** The resolver of the stream. It serves by the rules by which the list is made. */
export function resolveInTree(id: string): string | undefined {
  const path = pathFromId(id)
  return path !== undefined && isTrackPath(path) ? path : undefined
}

/** The folder of a path; empty at the root. */
export function folderOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')))
}

export function joinPath(folder: string, name: string): string {
  return folder === '' ? name : `${folder}/${name}`
}

export function segmentsOf(folder: string): string[] {
  return folder === '' ? [] : folder.split('/')
}

interface Folder {
  readonly segments: readonly string[]
}

/** A folder stands before the folders inside it, so that all tracks of a folder follow each other. */
export function compareFolders({ segments: left }: Folder, { segments: right }: Folder): number {
  const depth = Math.min(left.length, right.length)
  for (let index = 0; index < depth; index += 1) {
    const order = compareIds(left[index] ?? '', right[index] ?? '')
    if (order !== 0) return order
  }
  return left.length - right.length
}

export function comparePaths(a: string, b: string): number {
  const [left, right] = [folderOf(a), folderOf(b)]
  const order = compareFolders({ segments: segmentsOf(left) }, { segments: segmentsOf(right) })
  return order || compareIds(a.slice(left.length), b.slice(right.length))
}
