import { createLogger, hideSignatures } from '../../demo/process/logger'
import { ask } from '../support/client'
import { makeTrackDirectory, pathFor, queryFor, SECRET, TRACK } from '../support/tracks'
import type { LogEntry } from '../support/demo-program'
import { runDemo, type Running } from './running'

const directory = makeTrackDirectory()
directory.write('track1.mp3', TRACK)
afterAll(directory.remove)

const SIGNATURE = '48b8dbc12a7422917d6016e43d021bd26f40a0cceea290481f5b9a714716719d'
const TRACE_ID = '4bf92f3577b34da6a3ce929d0e0e4736'

/** Asks for the track, and returns what was logged of it. */
async function logOf(demo: Running, headers: Readonly<Record<string, string>>): Promise<LogEntry[]> {
  const before = demo.log().length
  const { headers: answered } = await ask(demo.port, pathFor('track1'), { headers })
  const entries = demo.log().slice(before)
  expect(entries.map(({ msg }) => msg)).toEqual(['Streaming request', 'Stream completed'])
  expect(new Set(entries.map(entry => entry['request_id']))).toEqual(new Set([answered['x-request-id']]))
  return entries
}

describe('the log', () => {
  it('has the events of a stream, with how it ended', async () => {
    await using demo = await runDemo(directory.path)
    const [begun, ended] = await logOf(demo, { Range: 'bytes=0-99', 'X-Request-Id': 'request-1' })
    expect(begun).toEqual({
      level: 'info',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/) as string,
      msg: 'Streaming request',
      request_id: 'request-1',
      file_id: 'track1',
      range: 'bytes=0-99',
      content_range: 'bytes 0-99/300000',
      content_length: 100,
      link_id: expect.stringMatching(/^[0-9a-f]{32}$/) as string,
      client_ip: '127.0.0.1',
    })
    expect(ended).toMatchObject({
      level: 'debug',
      msg: 'Stream completed',
      request_id: 'request-1',
      file_id: 'track1',
      status: 206,
      outcome: 'complete',
      bytes_served: 100,
      duration_ms: expect.any(Number) as number,
    })
  })

  it.each<[string, Record<string, string>, unknown]>([
    ['X-Request-Id', { 'X-Request-Id': 'a1-B2_c3.d4:e5' }, 'a1-B2_c3.d4:e5'],
    ['the trace id of traceparent', { traceparent: `00-${TRACE_ID}-00f067aa0ba902b7-01` }, TRACE_ID],
    [
      'X-Request-Id before traceparent',
      { 'X-Request-Id': 'mine', traceparent: `00-${TRACE_ID}-00f067aa0ba902b7-01` },
      'mine',
    ],
  ])('takes the request id from %s', async (_from, headers, expected) => {
    await using demo = await runDemo(directory.path)
    const [entry] = await logOf(demo, headers)
    expect(entry?.['request_id']).toBe(expected)
  })

  it.each<[string, Record<string, string>]>([
    ['nothing', {}],
    ['an id that is too long', { 'X-Request-Id': 'a'.repeat(129) }],
    ['an id with spaces', { 'X-Request-Id': 'a b' }],
    ['an id with quotes', { 'X-Request-Id': 'a"b' }],
    ['a trace id of zeros', { traceparent: `00-${'0'.repeat(32)}-00f067aa0ba902b7-01` }],
    ['a traceparent of another form', { traceparent: TRACE_ID }],
  ])('makes a request id for %s', async (_case, headers) => {
    await using demo = await runDemo(directory.path)
    const [entry] = await logOf(demo, headers)
    const [next] = await logOf(demo, headers)
    expect(entry?.['request_id']).toMatch(/^[0-9a-f]{16}-[0-9a-z]+$/)
    expect(next?.['request_id']).toMatch(/^[0-9a-f]{16}-[0-9a-z]+$/)
    expect(next?.['request_id']).not.toBe(entry?.['request_id'])
  })

  it('holds no signature and no secret, whatever is requested', async () => {
    await using demo = await runDemo(directory.path, { LOG_LEVEL: 'trace' })
    const { port } = demo
    for (const path of [
      pathFor('track1'),
      `/stream/track1?expires=1609459200&sig=${SIGNATURE}`,
      `/stream/track1?expires=1609459200&sig=${SIGNATURE.toUpperCase()}`,
      `/stream/${SIGNATURE}?${queryFor(SIGNATURE)}`,
      `/no/page/${SIGNATURE}?${queryFor('track1')}`,
      `/api/sign/%zz?sig=${SIGNATURE}`,
      `/api/sign/track1?sig=${SIGNATURE}`,
    ]) {
      await ask(port, path, { headers: { Range: SIGNATURE, 'X-Request-Id': SIGNATURE, Referer: path } })
    }
    const text = JSON.stringify(demo.log())
    expect(text.match(/48b8dbc1…/gi)?.length).toBeGreaterThan(8)
    expect(text).not.toMatch(/[0-9a-f]{64}/i)
    expect(text).not.toContain(SECRET)
  })

  it('has signing at info, other responses at debug, and no health or metrics', async () => {
    await using demo = await runDemo(directory.path, { METRICS_TOKEN: 'a token of some length' })
    for (const path of ['/api/sign/track1?expiresIn=60', '/', '/healthz', '/readyz', '/metrics']) {
      await ask(demo.port, path)
    }
    expect(demo.log()).toMatchObject([
      {
        level: 'info',
        msg: 'Request answered',
        method: 'GET',
        path: '/api/sign/track1',
        status: 200,
        outcome: 'complete',
        client_ip: '127.0.0.1',
      },
      { level: 'debug', msg: 'Request answered', path: '/', status: 200 },
    ])
  })

  it('is empty with LOG_LEVEL=silent', async () => {
    await using demo = await runDemo(directory.path, { LOG_LEVEL: 'silent' })
    await ask(demo.port, '/stream/track1')
    expect(demo.log()).toEqual([])
  })

  it('is text for people with the format pretty', () => {
    const lines: string[] = []
    const logger = createLogger({ level: 'info', format: 'pretty', write: line => lines.push(line) })
    logger.warn({ file_id: 'track1', sig: SIGNATURE }, 'Invalid signature attempt')
    expect(lines).toHaveLength(1)
    expect(lines[0]).toMatch(
      /^\[\d\d:\d\d:\d\d\.\d{3}\] .*WARN.*: .*Invalid signature attempt.*"file_id":"track1"/,
    )
    expect(lines[0]).toContain('48b8dbc1…')
    expect(lines[0]).not.toContain(SIGNATURE)
  })
})

describe('hideSignatures', () => {
  it('leaves what is no signature as it is', () => {
    expect(hideSignatures(`${TRACE_ID} ${'g'.repeat(64)}`)).toBe(`${TRACE_ID} ${'g'.repeat(64)}`)
  })
})
