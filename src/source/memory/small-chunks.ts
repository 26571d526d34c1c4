import { ChunkPool } from './chunk-pool'

/** Bytes that a client which takes no data makes its response hold. */
export const CHUNK_BYTES = 64 * 1024

/** For all responses of the process. Keeps 4 MiB at most. */
export const smallChunks = new ChunkPool(CHUNK_BYTES, { maxFree: 64 })
