/** `revoke` and `streams` with a state in memory in place of Redis. */
import type { SharedLinks } from '../../src/cli/command'
import { memoryState } from '../../src/links/state/memory-state'
import { RevocationListFull, type LinkState, type RevocationEntry } from '../../src/links/state/link-state'
import { SECRET } from '../support/tracks'
import { linkTo, macOf, NOW, OTHER_SECRET, run } from './support'

const URL_OF_REDIS = 'redis://user:hunter2@redis.example.com:6379'
const DAY = 86_400
const TARGETS = '--link, --link-id, --listener, --track, --key-id, --before and --stream'

interface Setting {
  readonly state?: LinkState
  readonly environment?: Readonly<Record<string, string>>
}

function setUp({ state = memoryState(), environment = { REDIS_URL: URL_OF_REDIS } }: Setting = {}) {
  const connections: string[] = []
  let open = 0
  function connect(url: string, prefix: string): Promise<SharedLinks> {
    connections.push(`${prefix} ${url}`)
    open++
    return Promise.resolve({
      state,
      close() {
        open--
      },
    })
  }
  return {
    connections,
    /** Runs a command that must close its connection. */
    async run(...args: readonly string[]) {
      const result = await run(args, { environment, host: { connect } })
      expect(open).toBe(0)
      return result
    },
    async entries(): Promise<readonly RevocationEntry[]> {
      return (await state.revocations.read(undefined)).entries
    },
  }
}

function stream(id: string, fields: object = {}): string {
  return JSON.stringify({
    id,
    track: 'track1',
    linkId: 'Zk3x9QwT',
    listener: 'u42',
    clientIp: '192.0.2.7',
    startedAt: (NOW - 90) * 1000,
    bytesSent: 65_536,
    node: 'host 1 abc',
    signedAt: NOW - 100,
    ...fields,
  })
}

describe('revoke', () => {
  it.each([
    [['--listener', 'u42'], { kind: 'listener', value: 'u42', before: NOW, until: undefined }],
    [['--link-id', 'Zk3x9QwT'], { kind: 'link', value: 'Zk3x9QwT', before: NOW, until: undefined }],
    [['--track', 'track1'], { kind: 'track', value: 'track1', before: NOW, until: undefined }],
    [['--key-id', 'a'], { kind: 'key', value: 'a', before: NOW, until: undefined }],
    [['--before', '2026-11-22T11:00:00Z'], { kind: 'all', value: '', before: NOW - 3600, until: undefined }],
    [
      ['--listener', 'u42', '--until', '2026-11-23'],
      { kind: 'listener', value: 'u42', before: NOW, until: NOW + DAY / 2 },
    ],
    [
      ['--listener', 'u42', '--max-ttl', '1d'],
      { kind: 'listener', value: 'u42', before: NOW, until: NOW + DAY + 43_200 + 120 },
    ],
    [
      ['--listener', 'u42', '--max-ttl', '1d', '--max-session', '1h'],
      { kind: 'listener', value: 'u42', before: NOW, until: NOW + DAY + 3600 + 120 },
    ],
  ])('%j adds the entry of links.revoke', async (args, entry) => {
    const setting = setUp()
    const { exitCode, stdout, stderr } = await setting.run('revoke', ...args)
    expect([exitCode, stderr]).toEqual([0, ''])
    expect(stdout).toMatch(/^Revoked .*\n0 streams in progress end within 2 seconds\n$/)
    expect(await setting.entries()).toEqual([{ ...entry, endsStreams: true }])
  })

  it('takes back one link by its name, or else by the start of its signature', async () => {
    const environment = { REDIS_URL: URL_OF_REDIS, SECRET_KEY: SECRET }
    const setting = setUp({ environment })
    const plain = linkTo('track1', NOW - 60)
    const terms = `iat.${NOW + 30}.jti.Zk3x9QwT.ses.600`
    const named = `/track1?expires=${NOW + 60}&terms=${terms}&sig=${macOf(`track1|${NOW + 60}|${terms}`)}`
    expect((await setting.run('revoke', '--link', plain)).exitCode).toBe(0)
    expect((await setting.run('revoke', '--link', named)).exitCode).toBe(0)
    expect(await setting.entries()).toEqual([
      {
        kind: 'link',
        value: macOf(`track1|${NOW - 60}`).slice(0, 32),
        before: NOW,
        until: NOW - 60 + 43_200 + 120,
        endsStreams: true,
      },
      // The clock of its signer is ahead.
      { kind: 'link', value: 'Zk3x9QwT', before: NOW + 30, until: NOW + 60 + 600 + 120, endsStreams: true },
    ])
  })

  it('refuses a link that none of the secrets signed', async () => {
    const setting = setUp({ environment: { REDIS_URL: URL_OF_REDIS, SECRET_KEY: OTHER_SECRET } })
    const { exitCode, stderr } = await setting.run('revoke', '--link', linkTo('track1'))
    expect([exitCode, stderr]).toEqual([
      2,
      'express-signed-stream: --link must be a link that was signed with one of the secrets\n',
    ])
    expect(setting.connections).toEqual([])
  })

  it('lets streams go on with --keep-streams', async () => {
    const setting = setUp()
    const { stdout } = await setting.run('revoke', '--listener', 'u42', '--keep-streams')
    expect(stdout).toBe(
      'Revoked all links of the listener "u42" signed at 2026-11-22T12:00:00Z or earlier; kept for good\n' +
        'Streams in progress go on\n',
    )
    expect(await setting.entries()).toMatchObject([{ endsStreams: false }])
  })

  it.each([
    [['--listener', 'u42'], 3],
    [['--listener', 'u4'], 0],
    [['--track', 'track1'], 3],
    [['--link-id', 'Zk3x9QwT'], 3],
    [['--key-id', 'a'], 1],
    [['--before', String(NOW)], 4],
    [['--before', String(NOW - 101)], 1],
    [['--listener', 'u42', '--keep-streams'], 0],
    [['--stream', 's1'], 1],
  ])(
    'with --dry-run counts the streams of all nodes that %j would end, and changes nothing',
    async (args, count) => {
      const state = memoryState()
      await state.streams?.publish('a', [stream('s1'), stream('s2', { keyId: 'a' })], 60)
      const plain = stream('s4', { track: 'track2', listener: undefined, linkId: 'f0', signedAt: undefined })
      await state.streams?.publish('b', [stream('s3'), plain], 60)
      const setting = setUp({ state })
      const { exitCode, stdout } = await setting.run('revoke', ...args, '--dry-run', '--json')
      expect([exitCode, JSON.parse(stdout)]).toEqual([
        0,
        expect.objectContaining({ revoked: false, streams: count }),
      ])
      expect(await setting.entries()).toEqual([])
    },
  )

  it('ends one stream, and says so if there is none', async () => {
    const state = memoryState()
    await state.streams?.publish('a', [stream('s1'), stream('s2')], 60)
    const setting = setUp({ state })
    expect(await setting.run('revoke', '--stream', 's3')).toEqual({
      exitCode: 1,
      stdout: 'There is no such stream in progress\n',
      stderr: '',
    })
    expect(await setting.entries()).toEqual([])
    expect(await setting.run('revoke', '--stream', 's2')).toEqual({
      exitCode: 0,
      stdout: 'The stream ends\n1 stream in progress ends within 2 seconds\n',
      stderr: '',
    })
    expect(await setting.entries()).toMatchObject([{ kind: 'stream', value: 's2', until: NOW + 300 }])
  })

  it('prints what it did as JSON', async () => {
    const { stdout } = await setUp().run('revoke', '--track', 'track1', '--until', String(NOW + 9), '--json')
    expect(JSON.parse(stdout)).toEqual({
      revoked: true,
      kind: 'track',
      value: 'track1',
      before: NOW,
      until: NOW + 9,
      endsStreams: true,
      streams: 0,
    })
  })

  it.each([
    [[], `Give exactly one of ${TARGETS}`],
    [['--listener', 'u42', '--track', 'track1'], `Give exactly one of ${TARGETS}`],
    [['--track', 'a b'], '--track must be 1 to 512 letters, marks, digits, "_" or "-"'],
    [['--before', 'noon'], '--before must be seconds since the epoch or a date'],
    [['--listener', 'u42', '--until', 'noon'], '--until must be seconds since the epoch or a date'],
    [
      ['--listener', 'u42', '--max-revocations', 'all'],
      '--max-revocations must be a whole number, got "all"',
    ],
    [['--link', linkTo('track1')], 'There is no secret'],
  ])('refuses %j before it connects', async (args, message) => {
    const setting = setUp()
    const { exitCode, stdout, stderr } = await setting.run('revoke', ...args)
    expect([exitCode, stdout]).toEqual([2, ''])
    expect(stderr).toContain(`express-signed-stream: ${message}`)
    expect(setting.connections).toEqual([])
  })

  it('exits with 69 if the list is full', async () => {
    const setting = setUp()
    await setting.run('revoke', '--listener', 'u1')
    const { exitCode, stderr } = await setting.run('revoke', '--listener', 'u2', '--max-revocations', '1')
    expect([exitCode, stderr]).toEqual([69, `express-signed-stream: ${new RevocationListFull(1).message}\n`])
    expect(await setting.entries()).toHaveLength(1)
  })
})

describe('streams', () => {
  it('lists the streams of all nodes, the oldest first', async () => {
    const state = memoryState()
    await state.streams?.publish('a', [stream('s1'), 'no json', '[]', '{"id":1}'], 60)
    const other = {
      listener: undefined,
      clientIp: undefined,
      startedAt: (NOW - 4000) * 1000,
      node: 'other 2 def',
    }
    await state.streams?.publish('b', [stream('s2', { ...other, track: 'Été\u001b[2J' })], 60)
    const { exitCode, stdout } = await setUp({ state }).run('streams')
    expect([exitCode, stdout.split('\n')]).toEqual([
      0,
      [
        'STREAM  TRACK         LISTENER  LINK      CLIENT     FOR        BYTES  NODE',
        's2      Été\\u{1b}[2J  -         Zk3x9QwT  -          1 hour     65536  other 2 def',
        's1      track1        u42       Zk3x9QwT  192.0.2.7  2 minutes  65536  host 1 abc',
        '',
      ],
    ])
  })

  it('prints them as JSON', async () => {
    const state = memoryState()
    await state.streams?.publish('a', [stream('s1', { range: 'bytes 0-9/10', requestId: 'r1' })], 60)
    const { stdout } = await setUp({ state }).run('streams', '--json')
    expect(JSON.parse(stdout)).toEqual({
      streams: [
        {
          id: 's1',
          track: 'track1',
          linkId: 'Zk3x9QwT',
          listener: 'u42',
          clientIp: '192.0.2.7',
          requestId: 'r1',
          range: 'bytes 0-9/10',
          startedAt: '2026-11-22T11:58:30Z',
          signedAt: NOW - 100,
          bytesSent: 65_536,
          node: 'host 1 abc',
        },
      ],
    })
  })

  it('says that there are none', async () => {
    expect((await setUp().run('streams')).stdout).toBe('No streams in progress\n')
    expect((await setUp().run('streams', '--json')).stdout).toBe('{"streams":[]}\n')
  })
})

describe('the Redis of the server', () => {
  it('is that of REDIS_URL, or of --redis-url before it', async () => {
    const setting = setUp()
    await setting.run('streams')
    await setting.run('streams', '--redis-url', 'rediss://other', '--redis-prefix', 'app:')
    expect(setting.connections).toEqual([`ess: ${URL_OF_REDIS}`, 'app: rediss://other'])
  })

  it.each([
    [{}, 'There is no Redis: set REDIS_URL, or use --redis-url'],
    [{ REDIS_URL: '' }, 'There is no Redis: set REDIS_URL, or use --redis-url'],
    [{ REDIS_URL: 'user:hunter2@redis' }, 'The URL of Redis must begin with redis:// or rediss://'],
    [{ REDIS_URL: 'redis://user:hunter2@:x' }, 'The URL of Redis must begin with redis:// or rediss://'],
  ])('must have a URL, which is not shown: %j', async (environment, message) => {
    expect(await setUp({ environment }).run('streams')).toEqual({
      exitCode: 2,
      stdout: '',
      stderr: `express-signed-stream: ${message}\n`,
    })
  })

  it.each(['revoke', 'streams'])(
    'makes %s exit with 69 if it does not respond, without its words',
    async command => {
      const state = memoryState()
      jest.spyOn(state.streams ?? fail(), 'read').mockRejectedValue(new Error(`${URL_OF_REDIS} is away`))
      const args = command === 'revoke' ? ['--listener', 'u42'] : []
      expect(await setUp({ state }).run(command, ...args)).toEqual({
        exitCode: 69,
        stdout: '',
        stderr: 'express-signed-stream: Redis does not respond as it should\n',
      })
    },
  )
})
