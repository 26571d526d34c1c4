/** Programs that download: whole, in parts, and on from where they were cut. */
import { Buffer } from 'node:buffer'
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { makeEnder } from '../support/at-the-end'
import { makeWorkshop, run, runWell, type Ended, type Workshop } from '../support/installed-program'
import { addLongRecording, addTracks, LONG, TRACKS } from '../support/recordings'
import { firstByte, startStreamServer, totalSent, type StreamServer } from '../support/stream-server'

jest.setTimeout(60_000)

const atTheEnd = makeEnder()

let tracks: Workshop
let room: Workshop
let server: StreamServer
let track: Buffer

const [ID] = TRACKS

beforeAll(async () => {
  tracks = makeWorkshop()
  atTheEnd(tracks.remove)
  addTracks(tracks)
  await addLongRecording(tracks)
  track = readFileSync(tracks.file(`${ID}.mp3`))
  server = await startStreamServer(tracks.path)
  atTheEnd(server.close)
})

beforeEach(async () => {
  room = makeWorkshop()
  await server.served()
})

afterEach(() => {
  room.remove()
})

function curl(...args: string[]): Promise<Ended> {
  return run('curl', ['--silent', '--show-error', '--max-time', '15', ...args], { cwd: room.path })
}

function wget(...args: string[]): Promise<Ended> {
  return run('wget', ['--no-verbose', '--tries=1', '--timeout=15', ...args], { cwd: room.path })
}

/** The answer's head as curl saw it, and its body. */
async function fetchByCurl(...args: string[]): Promise<{ head: string; body: Buffer }> {
  const { code } = await curl('--dump-header', 'head', '--output', 'body', ...args)
  expect(code).toBe(0)
  return { head: readFileSync(room.file('head'), 'latin1'), body: readFileSync(room.file('body')) }
}

describe('curl', () => {
  it('downloads the whole track', async () => {
    const { head, body } = await fetchByCurl(server.url(ID))
    expect(head).toMatch(/^HTTP\/1\.1 200 OK\r\n/)
    expect(head).toContain(`\r\nContent-Length: ${track.length}\r\n`)
    expect(body.equals(track)).toBe(true)
  })

  it('continues an interrupted download with -C -, to the same bytes', async () => {
    const long = readFileSync(tracks.file(`${LONG}.mp3`))
    const file = room.file('part.mp3')
    const got = 1_000_000
    await runWell('sh', ['-c', `curl --silent "$0" | head -c ${got} >part.mp3`, server.url(LONG)], {
      cwd: room.path,
    })
    expect(statSync(file).size).toBe(got)
    await server.served()

    expect(await curl('-C', '-', '--output', file, server.url(LONG))).toMatchObject({ code: 0 })
    expect(readFileSync(file).equals(long)).toBe(true)
    expect(await server.served()).toMatchObject([
      {
        range: `bytes=${got}-`,
        status: 206,
        contentRange: `bytes ${got}-${long.length - 1}/${long.length}`,
        bytesSent: long.length - got,
      },
    ])
  })

  it('takes with -C - a track that it has whole for whole', async () => {
    writeFileSync(room.file('whole.mp3'), track)
    expect(await curl('-C', '-', '--output', 'whole.mp3', server.url(ID))).toMatchObject({ code: 0 })
    expect(readFileSync(room.file('whole.mp3')).equals(track)).toBe(true)
    expect(await server.served()).toMatchObject([{ range: `bytes=${track.length}-`, status: 416 }])
  })

  it.each([
    ['one range', '1000-1999', 1000, 1999],
    ['a suffix', '-500', -500, -1],
    ['an open range', '900000-', 900_000, -1],
    ['the first byte', '0-0', 0, 0],
    ['an end behind the end', '1000000-9999999', 1_000_000, -1],
  ])('gets with -r %s: %s', async (_, range, first, last) => {
    const from = first < 0 ? track.length + first : first
    const to = last < 0 ? track.length + last : last
    const { head, body } = await fetchByCurl('-r', range, server.url(ID))

    expect(head).toMatch(/^HTTP\/1\.1 206 Partial Content\r\n/)
    expect(head).toContain(`\r\nContent-Range: bytes ${from}-${to}/${track.length}\r\n`)
    expect(head).toContain(`\r\nContent-Length: ${to - from + 1}\r\n`)
    expect(body.equals(track.subarray(from, to + 1))).toBe(true)
  })

  it('gets with -r several ranges, as multipart/byteranges in their order', async () => {
    const { head, body } = await fetchByCurl('-r', '5000-5099,0-9,-20', server.url(ID))
    expect(head).toMatch(/^HTTP\/1\.1 206 Partial Content\r\n/)
    expect(head).not.toContain('\r\nContent-Range:')
    const boundary = /\r\nContent-Type: multipart\/byteranges; boundary=(\S+)\r\n/.exec(head)?.[1] ?? ''
    const size = track.length
    function part(first: number, last: number): Buffer {
      const fields = `Content-Type: audio/mpeg\r\nContent-Range: bytes ${first}-${last}/${size}`
      const start = Buffer.from(`\r\n--${boundary}\r\n${fields}\r\n\r\n`)
      return Buffer.concat([start, track.subarray(first, last + 1)])
    }
    const parts = [part(5000, 5099), part(0, 9), part(size - 20, size - 1)]
    const expected = Buffer.concat([...parts, Buffer.from(`\r\n--${boundary}--\r\n`)])
    expect(body.equals(expected)).toBe(true)
    expect(head).toContain(`\r\nContent-Length: ${expected.length}\r\n`)
  })

  it('gets 304 with --etag-compare if it has the track', async () => {
    await fetchByCurl('--etag-save', 'tag', server.url(ID))
    const { head } = await fetchByCurl('--etag-compare', 'tag', server.url(ID))
    expect(head).toMatch(/^HTTP\/1\.1 304 Not Modified\r\n/)
  })

  it('gets 304 with -z if the track is no newer than its copy', async () => {
    await fetchByCurl('--remote-time', server.url(ID))
    const { head } = await fetchByCurl('-z', 'body', server.url(ID))
    expect(head).toMatch(/^HTTP\/1\.1 304 Not Modified\r\n/)
  })

  it('gets with -I the head of the whole, and no byte of it', async () => {
    const { code, stdout } = await curl('-I', server.url(ID))
    expect(code).toBe(0)
    expect(stdout.toString()).toContain(`\r\nContent-Length: ${track.length}\r\n`)
    expect(await server.served()).toMatchObject([{ method: 'HEAD', status: 200, bytesSent: 0 }])
  })

  it('plays a link that openssl signed', async () => {
    const secret = '0123456789abcdef0123456789abcdef'
    const expires = Math.floor(Date.now() / 1000) + 60
    const { stdout } = await runWell('openssl', ['dgst', '-sha256', '-hmac', secret, '-r'], {
      cwd: room.path,
      input: `${ID}|${expires}`,
    })
    const [sig = ''] = stdout.toString().split(' ')
    const { body } = await fetchByCurl(`${server.origin}/stream/${ID}?expires=${expires}&sig=${sig}`)
    expect(body.equals(track)).toBe(true)
  })
})

describe('wget', () => {
  it('goes on with -c from the middle, to the same bytes', async () => {
    writeFileSync(room.file('part.mp3'), track.subarray(0, 400_000))
    expect(await wget('-c', '-O', 'part.mp3', server.url(ID))).toMatchObject({ code: 0 })
    expect(readFileSync(room.file('part.mp3')).equals(track)).toBe(true)
    expect(await server.served()).toMatchObject([
      { range: 'bytes=400000-', status: 206, bytesSent: track.length - 400_000 },
    ])
  })

  it('has nothing to do with -c if it has all', async () => {
    writeFileSync(room.file('whole.mp3'), track)
    expect(await wget('-c', '-O', 'whole.mp3', server.url(ID))).toMatchObject({ code: 0 })
    expect(readFileSync(room.file('whole.mp3')).equals(track)).toBe(true)
  })

  it('learns with --spider that the track is there', async () => {
    expect(await wget('--spider', server.url(ID))).toMatchObject({ code: 0 })
    expect(await server.served()).toMatchObject([{ method: 'HEAD', status: 200 }])
  })

  it('ends with 8 if the link is refused, and leaves no byte', async () => {
    const forged = server.url(ID).replace(/sig=.{4}/, 'sig=0000')
    expect(await wget('-O', 'none.mp3', forged)).toMatchObject({ code: 8 })
    expect(readFileSync(room.file('none.mp3'))).toHaveLength(0)
  })
})

describe('aria2c', () => {
  it('puts a long recording together over eight connections', async () => {
    mkdirSync(room.file('down'))
    const eight = ['-x8', '-s8', '-k1M', '--max-tries=1', '--file-allocation=none']
    const to = ['--no-conf', '--quiet', '-d', 'down', '-o', 'long.mp3', server.url(LONG)]
    await runWell('aria2c', [...eight, ...to], { cwd: room.path })

    const long = readFileSync(tracks.file(`${LONG}.mp3`))
    expect(readFileSync(room.file('down/long.mp3')).equals(long)).toBe(true)
    const served = await server.served()
    const starts = served
      .map(({ contentRange }) => firstByte(contentRange))
      .filter(start => start !== undefined)
    expect(new Set(starts).size).toBeGreaterThanOrEqual(7)
    expect(totalSent(served)).toBeGreaterThanOrEqual(long.length)
  })
})

describe.each([
  ['wget2', ['-q', '--tries=1', '-O', 'got']],
  ['axel', ['-q', '-n', '8', '-o', 'got']],
  ['lftp', ['-c']],
])('%s', (program, args) => {
  it('downloads a long recording to the same bytes, in parts if it can', async () => {
    const url = server.url(LONG)
    const all = program === 'lftp' ? [...args, `pget -n 8 '${url}' -o got`] : [...args, url]
    const { code, signal } = await run(program, all, { cwd: room.path })
    // axel 2.17 crashes once in some 200 runs when its threads end, with every byte on the disk.
    expect([code, signal]).toEqual(program === 'axel' && signal === 'SIGSEGV' ? [null, signal] : [0, null])
    expect(readFileSync(room.file('got')).equals(readFileSync(tracks.file(`${LONG}.mp3`)))).toBe(true)
  })
})

describe('zsync', () => {
  it('fetches by several ranges at once what its copy has not', async () => {
    const copy = Buffer.from(track)
    for (const at of [100_000, 300_000, 500_000, 700_000, 900_000]) copy.write('not the track', at)
    writeFileSync(room.file('copy'), copy)
    await runWell('zsyncmake', ['-o', 'control', '-u', server.url(ID), tracks.file(`${ID}.mp3`)], {
      cwd: room.path,
    })
    await runWell('zsync', ['-q', '-i', 'copy', '-o', 'got', 'control'], { cwd: room.path })
    expect(readFileSync(room.file('got')).equals(track)).toBe(true)
    const served = await server.served()
    expect(served.some(({ range }) => range?.includes(','))).toBe(true)
    expect(totalSent(served)).toBeLessThan(100_000)
  })
})

// Its http remote escapes the query of a link, or adds a slash to it; `copyurl` takes it as it is.
describe('rclone', () => {
  it('copies a long recording to the same bytes, as old as it is', async () => {
    // A track that nobody asked for before: the time of another would be known for a second more.
    copyFileSync(tracks.file(`${LONG}.mp3`), tracks.file('aged.mp3'))
    utimesSync(tracks.file('aged.mp3'), 1_000_000_000, 1_000_000_000)
    await runWell('rclone', ['copyurl', server.url('aged'), 'got'], { cwd: room.path })
    expect(readFileSync(room.file('got')).equals(readFileSync(tracks.file('aged.mp3')))).toBe(true)
    expect(statSync(room.file('got')).mtimeMs).toBe(1_000_000_000_000)
  })

  it('ends with an error if the link is refused, and leaves no file', async () => {
    const forged = server.url(LONG).replace(/sig=.{4}/, 'sig=0000')
    const { code, stderr } = await run('rclone', ['copyurl', '--retries=1', forged, 'none'], {
      cwd: room.path,
    })
    expect(code).toBe(1)
    expect(stderr).toContain('403 Forbidden')
    expect(existsSync(room.file('none'))).toBe(false)
  })
})
