/** Many streams on one HTTP/2 connection, which share its window and Node's memory for a session. */
import { Buffer } from 'node:buffer'
import { once } from 'node:events'
import { connect, type ClientHttp2Session, type ClientHttp2Stream } from 'node:http2'
import { buffer } from 'node:stream/consumers'
import { pathFor } from '../support/tracks'
import { CONTENT } from './host-cases'
import { HOSTS } from './host-list'
import type { HostProcess } from './host-process'
import { makeHostsProject, type HostsProject } from './hosts-project'

jest.setTimeout(120_000)

const TRACK = CONTENT.subarray(0, 1_500_000)
const HOT = 'hot'
const COLD = Array.from({ length: 12 }, (_, index) => `cold${index}`)

let project: HostsProject
let running: HostProcess
let session: ClientHttp2Session

beforeAll(async () => {
  project = await makeHostsProject()
  for (const id of [HOT, ...COLD]) project.tracks.write(`${id}.mp3`, TRACK)
})
afterAll(() => {
  project.remove()
})

describe.each(HOSTS.filter(({ transport }) => transport === 'HTTP/2'))('$host', host => {
  beforeEach(async () => {
    running = await project.start(host, { form: 'handler' })
    const scheme = host.host.includes('over TLS') ? 'https' : 'http'
    session = connect(`${scheme}://127.0.0.1:${await running.port()}`, { rejectUnauthorized: false })
    // Into memory.
    expect(await read(request(HOT))).toEqual({ status: 200, isRight: true })
  })
  afterEach(async () => {
    session.destroy()
    await running.end()
  })

  function request(id: string, range?: string): ClientHttp2Stream {
    return session.request({ ':path': pathFor(id), ...(range !== undefined && { range }) })
  }

  async function read(stream: ClientHttp2Stream, expected = TRACK): Promise<unknown> {
    const [[head], body] = await Promise.all([headOf(stream), buffer(stream)])
    return { status: head[':status'], isRight: Buffer.from(body).equals(expected) }
  }

  it('serves 100 streams of hot content at once, as fast as they are read', async () => {
    const results = await Promise.all(Array.from({ length: 100 }, () => read(request(HOT))))
    expect(results).toEqual(Array(100).fill({ status: 200, isRight: true }))
  })

  it.each([
    ['hot', Array<string>(12).fill(HOT)],
    ['cold', COLD],
  ])('serves 100 further requests beside 12 paused streams of %s content, and then those', async (_, ids) => {
    const paused = ids.map(id => request(id))
    await Promise.all(paused.map(headOf))

    const others = Array.from({ length: 100 }, () =>
      read(request(HOT, 'bytes=0-999'), TRACK.subarray(0, 1000)),
    )
    expect(await Promise.all(others)).toEqual(Array(100).fill({ status: 206, isRight: true }))

    const bodies = await Promise.all(paused.map(stream => buffer(stream)))
    expect(bodies.map(body => body.equals(TRACK))).toEqual(Array(12).fill(true))
  })
})

async function headOf(stream: ClientHttp2Stream): Promise<[Record<string, unknown>]> {
  return (await once(stream, 'response')) as [Record<string, unknown>]
}
