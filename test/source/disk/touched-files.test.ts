/**
 * Files whose state changes while they are read: if the content stays the same, every response is completed, and if it
 * changes, none is.
 */
import { Buffer } from 'node:buffer'
import { execFileSync } from 'node:child_process'
import { chmodSync, chownSync, linkSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { AUDIO_EXTENSIONS } from 'express-signed-stream'
import { BLOCK_BYTES } from '../../../src/source/memory/block-cache'
import { createDiskSource } from '../../../src/source/disk/disk-source'
import type { Source, SourceError, TrackReader } from '../../../src/source/source'
import { openTrack } from '../../support/contract'
import { writeAtOwnTime } from '../../support/own-time'
import { makeTrackDirectory } from '../../support/tracks'

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

/** Nanoseconds. */
const SECOND = 1_000_000_000n
/** The time of the file when it was opened, in nanoseconds since the epoch. */
let openedTime = 0n

function resetTime(file: string): void {
  // To the nanosecond, which no call of Node can do.
  execFileSync('touch', [
    '-d',
    `@${openedTime / SECOND}.${String(openedTime % SECOND).padStart(9, '0')}`,
    file,
  ])
}

/** Who set the time of the file, which decides what its tag is made of. */
const TIMES: readonly [string, (name: string) => string][] = [
  ['was set by a tool', name => tracks.write(name, CONTENT)],
  [
    'the system wrote',
    name => {
      const file = join(tracks.path, name)
      writeAtOwnTime(file, CONTENT)
      return file
    },
  ],
]

async function readToEnd(reader: TrackReader): Promise<Buffer> {
  const chunks: Buffer[] = []
  for (;;) {
    const chunk = await reader.next(false)
    if (chunk === undefined) return Buffer.concat(chunks)
    chunks.push(Buffer.from(chunk))
  }
}

/** Reads the first chunk of a file, lets `change` happen, and reads the rest. */
async function readAcross(
  source: Source,
  id: string,
  earlier: number,
  change: (file: string) => void,
): Promise<Buffer | string> {
  const file = join(tracks.path, `${id}.mp3`)
  openedTime = statSync(file, { bigint: true }).mtimeNs
  const track = await openTrack(source, id)
  try {
    // With enough earlier requests for its start, the first block is in memory, and no other.
    for (let request = 0; request < earlier; request++)
      await readToEnd(track.read({ first: 0, last: 9 }, cancellation))
    const reader = track.read({ first: 0, last: CONTENT.length - 1 }, cancellation)
    const start = Buffer.from((await reader.next(false)) ?? Buffer.of())
    change(file)
    return Buffer.concat([start, await readToEnd(reader)])
  } catch (fault) {
    return (fault as SourceError).kind
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
    'gets its time reset by a backup',
    file => {
      resetTime(file)
    },
  ],
  [
    'is rewritten with the same content and time',
    file => {
      writeFileSync(file, CONTENT)
      resetTime(file)
    },
  ],
]

/** Writes other bytes at `position`, and resets the time. */
function rewriteAt(position: number): (file: string) => void {
  return file => {
    const other = Buffer.from(CONTENT)
    other.write('OTHER', position)
    writeFileSync(file, other)
    resetTime(file)
  }
}
const CHANGED: readonly [string, (file: string) => void][] = [
  ['is rewritten in the bytes that were read', rewriteAt(10)],
  [
    'gets a new time',
    file => {
      utimesSync(file, new Date(), new Date())
    },
  ],
]

const CACHES: readonly [string, number, number][] = [
  ['without caches', 0, 0],
  ['with caches, read for the first time', 64 * BLOCK_BYTES, 0],
  ['with its first block in memory', 64 * BLOCK_BYTES, 3],
  ['with room for one block', BLOCK_BYTES, 4],
]

describe.each(TIMES)('A file whose time %s,', (_time, write) => {
  describe.each(CACHES)('%s,', (_how, cacheBytes, earlier) => {
    // Written together, because one that was just written is opened later.
    const untouched = [...KEPT, ...CHANGED].map((_test, index) => `untouched${index}`)
    beforeAll(() => {
      for (const id of untouched) write(`${id}.mp3`)
    })
    function readNext(change: (file: string) => void): Promise<Buffer | string> {
      return readAcross(makeSource(cacheBytes), untouched.pop() ?? 'none is left', earlier, change)
    }

    it.each(KEPT)('that %s is read to its end', async (_what, change) => {
      const result = await readNext(change)
      expect(Buffer.isBuffer(result) && result.equals(CONTENT)).toBe(true)
    })

    it.each(CHANGED)('that %s never gives its last bytes', async (_what, change) => {
      expect(await readNext(change)).toBe('changed')
    })
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
