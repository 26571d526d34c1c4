/** Reads the duration of one track by music-metadata, which gets only a bounded part of the file. */
import { BoundedFile } from './bounded-file'

interface Format {
  readonly duration?: number | undefined
}

/** The part of music-metadata that is used here. */
export interface MusicMetadata {
  parseFromTokenizer(
    tokenizer: BoundedFile,
    options: {
      skipCovers: boolean
      skipPostHeaders: boolean
      observer: (update: { metadata: { format: Format } }) => void
    },
  ): Promise<{ format: Format }>
}

/**
 * @returns seconds; undefined if the part that is read does not contain it
 * @throws Error if the file cannot be read, or its content does not match its extension
 */
export async function parseDuration(
  library: MusicMetadata,
  path: string,
  signal: AbortSignal,
): Promise<number | undefined> {
  const file = await BoundedFile.open(path, signal)
  let found: number | undefined
  try {
    const { format } = await library.parseFromTokenizer(file, {
      skipCovers: true,
      skipPostHeaders: true,
      // The index of a long track exceeds the budget and ends parsing with an error, but the duration precedes it.
      observer({ metadata }) {
        found = metadata.format.duration
      },
    })
    return format.duration
  } catch (error) {
    if (found === undefined) throw error
    return found
  } finally {
    await file.close()
  }
}

export async function readDuration(path: string, signal: AbortSignal): Promise<number | undefined> {
  // music-metadata is an ECMAScript module, and this one is CommonJS.
  return parseDuration(await import('music-metadata'), path, signal)
}
