/** Reads the first bytes of a file or a stream: a device such as /dev/zero never ends, and a pipe may not either. */
import { open } from 'node:fs/promises'
import type { FileStart } from './command'

/**
 * @returns at most `limit` bytes
 * @throws the system's error, with its code
 */
export async function readFileStart(path: string, limit: number): Promise<FileStart> {
  const handle = await open(path)
  try {
    const stats = await handle.stat()
    const buffer = Buffer.alloc(limit)
    let length = 0
    let bytesRead: number
    do {
      // No position is given, because pipes and devices have none.
      ;({ bytesRead } = await handle.read(buffer, length, limit - length, null))
      length += bytesRead
    } while (bytesRead > 0 && length < limit)
    // Windows has no permission bits, and those of a pipe mean nothing: only the shell that made it has it open.
    const hasMode = stats.isFile() && process.platform !== 'win32'
    return { bytes: buffer.subarray(0, length), mode: hasMode ? stats.mode & 0o777 : undefined }
  } finally {
    await handle.close()
  }
}

/** @returns at most `limit` bytes; reads no further chunk of `stream` once it has them */
export async function readStreamStart(stream: AsyncIterable<Uint8Array>, limit: number): Promise<FileStart> {
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of stream) {
    chunks.push(chunk)
    length += chunk.length
    if (length >= limit) break
  }
  return { bytes: Buffer.concat(chunks).subarray(0, limit), mode: undefined }
}
