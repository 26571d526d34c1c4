/** Files whose state moves while they are read: what leaves the content as it was cuts nobody, what does not cuts all. */
import { Buffer } from 'node:buffer'
import { chmodSync, chownSync, linkSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { AUDIO_EXTENSIONS } from 'express-signed-stream'
import { BLOCK_BYTES } from '../../src/source/block-cache'
import { createDiskSource } from '../../src/source/disk-source'
import type { Source, SourceFault, TrackReader } from '../../src/source/source'
import { openTrack } from '../support/contract'
import { makeTrackDirectory, MODIFIED } from '../support/tracks'

const CONTENT = Buffer.alloc(3 * BLOCK_BYTES + 1000, 'content of more than one block; ')

const tracks = makeTrackDirectory()
afterAll(tracks.remove)

const cancellation = new AbortController()

function makeSource(cacheBytes: number): Source {
  return createDiskSource({
    directory: tracks.path,
    extensions: AUDIO_EXTENSIONS,
    entityTag: 'stat',
    cacheBytes,
    cacheFiles: cacheBytes > 0 ? 10 : 0,
  })
}

async function readToEnd(reader: TrackReader): Promise<Buffer> {
  const chunks: Buffer[] = []
  for (;;) {
    const chunk = await reader.next(false)
    if (chunk === undefined) return Buffer.concat(chunks)
    chunks.push(Buffer.from(chunk))
  }
}

/** Reads some of a file, lets `change` happen, and reads the rest: once alone, and once when it was asked for before. */
async function readAcross(
  source: Source,
  wishes: number,
  change: (file: string) => void,
): Promise<Buffer | string> {
  const file = tracks.write('touched.mp3', CONTENT)
  const track = await openTrack(source, 'touched')
  try {
    // So often that the first block, and no other, is kept in memory.
    for (let wish = 0; wish < wishes; wish++) await readToEnd(track.read({ first: 0, last: 9 }, cancellation))
    const reader = track.read({ first: 0, last: CONTENT.length - 1 }, cancellation)
    const start = Buffer.from((await reader.next(false)) ?? Buffer.of())
    change(file)
    return Buffer.concat([start, await readToEnd(reader)])
  } catch (fault) {
    return (fault as SourceFault).kind
  } finally {
    track.close()
  }
}

const KEPT: readonly [string, (file: string) => void][] = [
  [
    'gets another mode',
    file => {
      chmodSync(file, 0o600)
    },
  ],
  [
    'is given to the owner that it has',
    file => {
      const { uid, gid } = statSync(file)
      chownSync(file, uid, gid)
    },
  ],
  [
    'gets a second name',
    file => {
      linkSync(file, `${file}.${Math.random()}`)
    },
  ],
  [
    'gets its time put back by a backup',
    file => {
      utimesSync(file, MODIFIED, MODIFIED)
    },
  ],
  [
    'is rewritten with the same content and time',
    file => {
      writeFileSync(file, CONTENT)
      utimesSync(file, MODIFIED, MODIFIED)
    },
  ],
]

/** Puts other bytes at `position`, and the time back. */
function rewriteAt(position: number): (file: string) => void {
  return file => {
    const other = Buffer.from(CONTENT)
    other.write('OTHER', position)
    writeFileSync(file, other)
    utimesSync(file, MODIFIED, MODIFIED)
  }
}
const CHANGED: readonly [string, (file: string) => void][] = [
  ['is rewritten in the bytes that were given', rewriteAt(10)],
  [
    'gets a new time',
    file => {
      utimesSync(file, MODIFIED, new Date())
    },
  ],
]

describe.each([
  ['without caches', 0, 0],
  ['with caches, read for the first time', 64 * BLOCK_BYTES, 0],
  ['with its first block in memory', 64 * BLOCK_BYTES, 3],
  ['with room for one block', BLOCK_BYTES, 4],
])('A file %s', (_how, cacheBytes, wishes) => {
  it.each(KEPT)('that %s is read to its end', async (_what, change) => {
    const result = await readAcross(makeSource(cacheBytes), wishes, change)
    expect(Buffer.isBuffer(result) && result.equals(CONTENT)).toBe(true)
  })

  it.each(CHANGED)('that %s never gives its last bytes', async (_what, change) => {
    expect(await readAcross(makeSource(cacheBytes), wishes, change)).toBe('changed')
  })
})

it('a file that is touched again and again keeps its tag, and its place in memory', async () => {
  const source = makeSource(64 * BLOCK_BYTES)
  const file = tracks.write('touched.mp3', CONTENT)
  const before = await openTrack(source, 'touched')
  for (const mode of [0o600, 0o640, 0o644]) {
    chmodSync(file, mode)
    const after = await openTrack(source, 'touched')
    expect(after.representation).toBe(before.representation)
    after.close()
  }
  before.close()
})
