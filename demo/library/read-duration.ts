/** How long one track lasts, by music-metadata, which gets to see a bounded part of the file only. */
import { BoundedFile } from './bounded-file'

interface Format {
  readonly duration?: number | undefined
}

/** As much of music-metadata as is of use here. */
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
 * @returns seconds; undefined if as much as is read of the file does not have it
 * @throws Error if the file cannot be read, or is not what its extension says
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
      // The index of a long track is larger than what is read, and follows the duration.
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
  // It is an ECMAScript module, which a CommonJS one cannot require.
  return parseDuration(await import('music-metadata'), path, signal)
}
