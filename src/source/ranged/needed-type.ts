import { mediaTypeOfPath } from '../../http/media-type'

/**
 * The type that the app says, if the object at `path` cannot be opened without it. Two ids with one object share what is
 * kept of it, whatever type they say: only a needed type belongs into the key.
 */
export function neededType(path: string, type: string | undefined): string | undefined {
  return mediaTypeOfPath(path) === undefined ? type : undefined
}
