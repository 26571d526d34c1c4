/**
 * nginx alone against the attack list and against our own handler: neither serves what the other refuses.
 *
 * The seed of the near misses is the same each time, and a failure prints it. Another seed, and more of them:
 * `FUZZ_SEED=42 FUZZ_RUNS=50000 npx jest test/operations/nginx-alone.test.ts --selectProjects operations`
 */
import { Buffer } from 'node:buffer'
import { mkdirSync, renameSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { createStreamHandler } from 'express-signed-stream'
import { AUDIO_EXTENSIONS } from '../../src/http/media-type'
import { decoded, E, IDS, makeAttackedTracks, QUERIES, sign } from '../support/attack-list'
import { eventually } from '../support/eventually'
import { listen, type RunningServer } from '../support/server'
import { randomFrom } from '../support/random'
import { inSeconds, pathFor, pathWithTerms, SECRET, TRACK } from '../support/tracks'
import { sendRaw, startNginxAlone, type NginxAlone, type RawRequest, type RawResponse } from './nginx-alone'
import { NEAR_IDS, nearMiss, type NearMiss } from './nginx-alone-targets'

const SEED = Number(process.env['FUZZ_SEED'] ?? 20_260_102)
const RUNS = Number(process.env['FUZZ_RUNS'] ?? 4000)
const AT_A_TIME = 16
jest.setTimeout(30_000 + RUNS * 5)

const tracks = makeAttackedTracks()
for (const id of NEAR_IDS.slice(0, -1)) tracks.write(`${id}.mp3`, TRACK)
for (const [index, extension] of AUDIO_EXTENSIONS.entries()) {
  tracks.write(`kind-${extension}.${extension}`, TRACK.subarray(index * 1000, index * 1000 + 1000))
}
tracks.write('both.mp3', TRACK)
tracks.write('both.flac', TRACK)
tracks.write('text.txt', 'text')
mkdirSync(join(tracks.path, 'folder.mp3'))
tracks.write('folder.flac', TRACK)
symlinkSync('abc.mp3', join(tracks.path, 'inner.mp3'))

let ours: RunningServer
let nginx: NginxAlone
beforeAll(async () => {
  ours = await listen(createStreamHandler({ path: '/stream', dir: tracks.path, secret: SECRET }))
  nginx = await startNginxAlone({ dir: tracks.path, secrets: [SECRET], nodePort: ours.port })
})
afterAll(async () => {
  await nginx[Symbol.asyncDispose]()
  await ours.close()
  tracks.remove()
})

const ONE_BYTE = { fields: ['Range: bytes=0-0'] }

describe('the attack list', () => {
  /** nginx normalises the path before it chooses a location. */
  const OTHER_STATUS = new Map([
    ['%2e%2e', 404],
    ['..', 404],
  ])

  async function statusOf(target: string): Promise<number> {
    const { status } = await sendRaw(nginx.port, target, ONE_BYTE)
    return status === 206 ? 200 : status
  }

  it.each(QUERIES)('%s', async (_what, query, status) => {
    expect(await statusOf(`/stream/abc?${query}`)).toBe(status)
  })

  it.each(IDS)('the id %s with a correct signature: %d', async (id, status) => {
    const target = `/stream/${id}?expires=${E}&sig=${sign(`${decoded(id)}|${E}`)}`
    expect(await statusOf(target)).toBe(OTHER_STATUS.get(id) ?? status)
  })

  it('a pipe moved from the id into the expiry', async () => {
    expect(await statusOf(`/stream/a?expires=1|${E}&sig=${sign(`a|1|${E}`)}`)).toBe(403)
    expect(await statusOf(`/stream/a?expires=1%7C${E}&sig=${sign(`a|1|${E}`)}`)).toBe(403)
  })

  it.each([
    '/.signed-stream/file',
    '/.signed-stream/typed',
    '/.signed-stream/node',
    '/abc.mp3',
    '/stream/../abc.mp3',
  ])('the internal address %s is 404', async target => {
    expect(await statusOf(`${target}?${pathFor('abc').split('?')[1] ?? ''}`)).toBe(404)
  })
})

describe('several slashes in a row', () => {
  const query = pathFor('abc').split('?')[1] ?? ''

  it.each([
    ['/stream//abc', 206],
    ['/stream////abc', 206],
    ['/stream//abc.mp3', 206],
    ['//stream/abc', 404],
    ['/stream/abc/', 404],
    ['/stream/abc//', 404],
    ['/stream//x/..//abc', 404],
    ['/stream//../abc', 404],
    // Merged before it is normalised, this would lead out of /stream, and be 404.
    ['/stream//..', 400],
    ['/stream///.', 400],
    ['/stream/%2Fabc', 400],
    ['/stream%2F/abc', 404],
    ['/%2Fstream/abc', 404],
  ])('%s is %d, as ours is', async (path, status) => {
    const target = `${path}?${query}`
    const responses = await Promise.all([ours.port, nginx.port].map(port => sendRaw(port, target, ONE_BYTE)))
    expect(responses.map(response => response.status)).toEqual([status, status])
  })
})

describe('near misses of valid links', () => {
  it('are served by both or refused by both, with the same status but for what is listed', async () => {
    const random = randomFrom(SEED)
    const expires = inSeconds(100_000)
    const misses = Array.from({ length: RUNS }, () => nearMiss(random, expires))
    const differences: string[] = []
    let served = 0
    for (let start = 0; start < RUNS; start += AT_A_TIME) {
      const slice = misses.slice(start, start + AT_A_TIME)
      const pairs = await Promise.all(slice.map(miss => bothOf(miss)))
      for (const [index, pair] of pairs.entries()) {
        const miss = slice[index]
        if (miss === undefined) continue
        if (isServed(pair[0])) served++
        const difference = differenceOf(miss, ...pair)
        if (difference !== undefined) differences.push(difference)
      }
    }
    expect({ seed: SEED, differences: differences.slice(0, 20), count: differences.length }).toEqual({
      seed: SEED,
      differences: [],
      count: 0,
    })
    // Neither a test of refusals alone, nor one that hardly refuses.
    expect(served / RUNS).toBeGreaterThan(0.1)
    expect(served / RUNS).toBeLessThan(0.6)
  })

  function bothOf({ method, target }: NearMiss): Promise<[RawResponse, RawResponse]> {
    const request = { method, fields: ['Range: bytes=0-9'] }
    return Promise.all([sendRaw(ours.port, target, request), sendRaw(nginx.port, target, request)])
  }

  function isServed({ status }: RawResponse): boolean {
    return status === 200 || status === 206
  }

  function differenceOf(
    { method, target }: NearMiss,
    own: RawResponse,
    its: RawResponse,
  ): string | undefined {
    const shown = `${method} ${JSON.stringify(target)}: ${own.status}, nginx ${its.status}`
    if (isServed(own) !== isServed(its)) return `one serves: ${shown}`
    if (isServed(own)) {
      // nginx gives ranges to HEAD as well.
      const isSame = own.status === its.status || method === 'HEAD'
      return isSame && own.body === its.body && typeOf(own) === typeOf(its) ? undefined : shown
    }
    const isListed = REFUSALS.some(
      ({ statuses, of }) => statuses.includes(`${own.status} ${its.status}`) && of({ method, target }),
    )
    return own.status === its.status || isListed ? undefined : shown
  }
})

/** Whether the target has the path of a track of ours, as it was sent. */
function isOfTrack(target: string): boolean {
  return /^(?:http:\/\/[^/?#]*)?\/stream\/+[^/?#]+(?:[?#]|$)/.test(target)
}

/** What refusals may differ in: our status, and that of nginx, which decodes the whole path before it chooses a location. */
const REFUSALS: readonly {
  readonly statuses: readonly string[]
  readonly of: (miss: NearMiss) => boolean
}[] = [
  // A path that is not ours and does not decode, or has bytes beyond ASCII.
  { statuses: ['404 400', '400 404'], of: ({ target }) => !isOfTrack(target) },
  // An id of dots: nginx normalises it.
  { statuses: ['400 404'], of: ({ target }) => /\/stream\/+(?:\.|%2e){1,2}[?#]/i.test(target) },
  { statuses: ['404 405', '400 405', '405 400'], of: ({ method }) => method === 'TRACE' },
  // Before the method is looked at.
  { statuses: ['405 400'], of: ({ method }) => method !== 'GET' && method !== 'HEAD' },
]

function typeOf({ fields }: RawResponse): string | undefined {
  return fields.find(([name]) => name === 'content-type')?.[1]
}

describe('header fields and texts', () => {
  /** Of the connection, of the clock, and the tag that each makes in its own way. */
  const OWN = new Set(['server', 'date', 'connection', 'keep-alive', 'etag', 'transfer-encoding'])

  function comparable({ status, fields, body }: RawResponse, different?: string): unknown {
    return {
      status,
      fields: Object.fromEntries(fields.filter(([name]) => !OWN.has(name) && name !== different).sort()),
      body: Buffer.from(body, 'latin1').toString(),
    }
  }

  const requests: readonly (readonly [string, string, RawRequest?])[] = [
    ['a whole track', pathFor('abc')],
    ['a link with less than an hour to live', pathFor('abc', inSeconds(60))],
    ['a range', pathFor('abc'), { fields: ['Range: bytes=5-9'] }],
    ['HEAD', pathFor('abc'), { method: 'HEAD' }],
    ['an extension in the path', pathFor('abc').replace('abc', 'abc.MP3')],
    ['a forged link', `${pathFor('abc').slice(0, -1)}g`],
    ['no signature', '/stream/abc'],
    ['an expired link', pathFor('abc', 1)],
    ['no id', '/stream/a.b.c'],
    ['a path that does not decode', '/stream/%zz'],
    ['no such track', pathFor('nobody')],
    ['POST', pathFor('abc'), { method: 'POST' }],
    ['a condition that fails', pathFor('abc'), { fields: ['If-Match: "other"'] }],
    ['a range behind the end', pathFor('abc'), { fields: ['Range: bytes=300000-'] }],
    [
      'a range behind the end, for a media element of another site',
      pathFor('abc'),
      {
        fields: [
          'Range: bytes=300000-',
          'Sec-Fetch-Dest: audio',
          'Sec-Fetch-Mode: no-cors',
          'Sec-Fetch-Site: cross-site',
        ],
      },
    ],
    [
      'a media element of another site',
      pathFor('abc', 1),
      { fields: ['Sec-Fetch-Dest: audio', 'Sec-Fetch-Mode: no-cors', 'Sec-Fetch-Site: cross-site'] },
    ],
    [
      'a media element of the same origin',
      pathFor('abc', 1),
      { fields: ['Sec-Fetch-Dest: audio', 'Sec-Fetch-Mode: no-cors', 'Sec-Fetch-Site: same-origin'] },
    ],
    ['a link with terms, which Node serves', pathWithTerms('abc', 'iat.1609455600.sub.u42'), ONE_BYTE],
    ['a forged link with terms, which Node refuses', pathWithTerms('abc', 'sub.u42.iat.1')],
  ]

  /** nginx does not say again in a 206 that there are ranges, and says the type of an empty text. */
  const DIFFERENT_FIELDS = new Map([
    ['a range', 'accept-ranges'],
    ['a media element of another site', 'content-type'],
    ['a range behind the end, for a media element of another site', 'content-type'],
  ])

  it.each(requests.map(([what, target, request = {}]) => [what, target, request] as const))(
    'of %s are as ours',
    async (what, target, request) => {
      const [own, its] = await Promise.all([
        sendRaw(ours.port, target, request),
        sendRaw(nginx.port, target, request),
      ])
      expect(comparable(its, DIFFERENT_FIELDS.get(what))).toEqual(comparable(own, DIFFERENT_FIELDS.get(what)))
    },
  )
})

/** By name; a field in several lines is joined. */
function fieldsOf({ fields }: RawResponse): Record<string, string> {
  const joined: Record<string, string> = {}
  for (const [name, value] of fields) joined[name] = name in joined ? `${joined[name]}, ${value}` : value
  return joined
}

describe('files', () => {
  it.each(AUDIO_EXTENSIONS.map(extension => [extension]))(
    '.%s is served as ours is, with and without it',
    async extension => {
      for (const target of [
        pathFor(`kind-${extension}`),
        pathFor(`kind-${extension}`).replace('?', `.${extension}?`),
      ]) {
        const [own, its] = await Promise.all([sendRaw(ours.port, target), sendRaw(nginx.port, target)])
        expect([its.status, typeOf(its), its.body === own.body]).toEqual([200, typeOf(own), true])
      }
    },
  )

  it.each([
    ['of another type in the path than the file has', pathFor('kind-flac').replace('?', '.mp3?'), 404],
    ['of a second file, which is not the one of the id', pathFor('both').replace('?', '.flac?'), 404],
    ['that names the type of the file in another way', pathFor('kind-opus').replace('?', '.oga?'), 200],
    ['that is not served', pathFor('text').replace('?', '.txt?'), 404],
  ])('an extension %s: %s is %d', async (_what, target, status) => {
    const statuses = await Promise.all([ours.port, nginx.port].map(port => sendRaw(port, target)))
    expect(statuses.map(response => response.status)).toEqual([status, status])
  })

  it('a file that is not audio is not served', async () => {
    expect((await sendRaw(nginx.port, pathFor('text'))).status).toBe(404)
  })

  it('a directory called like a track is not served, and does not hide a track', async () => {
    const { status, fields } = await sendRaw(nginx.port, pathFor('folder'), ONE_BYTE)
    expect([status, Object.fromEntries(fields)['content-type']]).toEqual([206, 'audio/flac'])
  })

  it('no link of the file system is followed, unlike ours', async () => {
    expect((await sendRaw(nginx.port, pathFor('inner'))).status).toBe(404)
    expect((await sendRaw(ours.port, pathFor('inner'))).status).toBe(200)
  })

  it('a name in another normal form of Unicode is not found, unlike ours', async () => {
    const target = pathFor('été'.normalize('NFD'))
    expect((await sendRaw(nginx.port, target)).status).toBe(404)
    expect((await sendRaw(ours.port, target)).status).toBe(200)
  })

  it('of a file that is replaced by rename, the new one is served', async () => {
    tracks.write('news.mp3', 'old')
    expect((await sendRaw(nginx.port, pathFor('news'))).body).toBe('old')
    renameSync(tracks.write('news.tmp', 'newer'), join(tracks.path, 'news.mp3'))
    const body = await eventually(async () => {
      const response = await sendRaw(nginx.port, pathFor('news'))
      return response.body !== 'old' && response.body
    }, 'the new file is served')
    expect(body).toBe('newer')
  })
})

describe('ranges and conditions', () => {
  it('416 has the current size, and is not to be stored', async () => {
    const response = await sendRaw(nginx.port, pathFor('abc'), { fields: ['Range: bytes=300000-'] })
    const fields = fieldsOf(response)
    expect(response.status).toBe(416)
    expect(Buffer.from(response.body, 'latin1').toString()).toBe('Plage non satisfaisable')
    expect(fields).toMatchObject({ 'content-range': 'bytes */300000', 'access-control-allow-origin': '*' })
    expect(response.fields.filter(([name]) => name === 'cache-control')).toEqual([
      ['cache-control', 'no-store'],
    ])
  })

  it('more than 16 ranges get the whole', async () => {
    function ranges(count: number): string {
      return Array.from({ length: count }, (_, at) => `${at * 200}-${at * 200}`).join()
    }
    const statuses = [16, 17].map(async count => {
      const { status } = await sendRaw(nginx.port, pathFor('abc'), {
        fields: [`Range: bytes=${ranges(count)}`],
      })
      return status
    })
    expect(await Promise.all(statuses)).toEqual([206, 200])
  })

  it('what a client has is 304, and a later range of it is 206', async () => {
    const { etag = '', 'last-modified': modified = '' } = fieldsOf(await sendRaw(nginx.port, pathFor('abc')))
    const later = 'Sat, 01 Jan 2033 00:00:00 GMT'
    const cases: readonly (readonly [number, ...string[]])[] = [
      [304, `If-None-Match: ${etag}`],
      [304, `If-Modified-Since: ${modified}`],
      [304, `If-Modified-Since: ${later}`],
      [206, `If-Range: ${etag}`, 'Range: bytes=5-9'],
      [200, 'If-Range: "other"', 'Range: bytes=5-9'],
      [412, 'If-Match: "other"', 'Range: bytes=5-9'],
    ]
    for (const [status, ...fields] of cases) {
      expect([fields, (await sendRaw(nginx.port, pathFor('abc'), { fields })).status]).toEqual([
        fields,
        status,
      ])
    }
  })
})

it('a preflight is allowed what ours allows, without a signature', async () => {
  const request = {
    method: 'OPTIONS',
    fields: [
      'Origin: https://a.example',
      'Access-Control-Request-Method: GET',
      'Access-Control-Request-Headers: range',
    ],
  }
  const [own, its] = await Promise.all(
    [ours.port, nginx.port].map(port => sendRaw(port, '/stream/abc', request)),
  )
  function allowed(response?: RawResponse): unknown {
    return (
      response &&
      Object.entries(fieldsOf(response))
        .filter(([name]) => name.startsWith('access-control-'))
        .sort()
    )
  }
  expect(its?.status).toBe(204)
  expect(allowed(its)).toEqual(allowed(own))
})

it('a link with terms is 503 with Retry-After if there is no Node', async () => {
  await using alone = await startNginxAlone({ dir: tracks.path, secrets: [SECRET] })
  const response = await sendRaw(alone.port, pathWithTerms('abc', 'iat.1609455600'))
  expect([response.status, fieldsOf(response)['retry-after']]).toEqual([503, '2'])
  expect((await sendRaw(alone.port, pathFor('abc'))).status).toBe(200)
})

it.each([
  ['none', []],
  ['a short one', ['0123456789abcde']],
  ['a good one and a short one', [SECRET, '0123456789abcde']],
])('refuses everything if its secrets are wrong: %s', async (_what, secrets) => {
  await using alone = await startNginxAlone({ dir: tracks.path, secrets })
  expect((await sendRaw(alone.port, pathFor('abc'))).status).toBe(403)
})

it.each([
  [
    'fails after it has named the file',
    'return nameFile(r.variables, link)',
    "nameFile(r.variables, link); throw new Error('fails')",
  ],
  ['gives no verdict', 'return nameFile(r.variables, link)', "nameFile(r.variables, link); return ''"],
  [
    'gives a verdict that nobody knows',
    'return nameFile(r.variables, link)',
    "nameFile(r.variables, link); return 'okay'",
  ],
])('refuses a valid link if verify.js %s', async (_what, found, replacement) => {
  await using alone = await startNginxAlone({
    dir: tracks.path,
    secrets: [SECRET],
    spoil: verifier => {
      expect(verifier).toContain(found)
      return verifier.replace(found, replacement)
    },
  })
  expect((await sendRaw(alone.port, pathFor('abc'))).status).toBe(403)
})

it('refuses a valid link if a limit is no number', async () => {
  const settings = { dir: tracks.path, secrets: [SECRET] }
  for (const wrong of [{ clockTolerance: NaN }, { maxTtl: NaN }, { now: 'never' }]) {
    await using alone = await startNginxAlone({ ...settings, ...wrong })
    expect((await sendRaw(alone.port, pathFor('abc'))).status).toBe(403)
  }
})

it('writes the path and the verdict to its logs, and no signature', async () => {
  await using alone = await startNginxAlone({ dir: tracks.path, secrets: [SECRET] })
  const forged = `${pathFor('abc').slice(0, -1)}${pathFor('abc').endsWith('0') ? '1' : '0'}`
  const sent = [
    pathFor('abc'),
    forged,
    pathFor('abc', 1),
    '/stream/%zz?sig=0123456789',
    `${pathFor('abc')}&sig=1`,
  ]
  for (const target of sent)
    await sendRaw(alone.port, target, { fields: [`Referer: http://a.example${target}`] })
  const { access, error } = await alone.stop()
  const lines = access
    .trim()
    .split('\n')
    .map(line => JSON.parse(line) as Record<string, unknown>)
  expect(lines.map(({ verdict, status }) => [verdict, status])).toEqual([
    ['ok', 200],
    ['forged', 403],
    ['expired', 403],
    ['id', 400],
    ['malformed', 403],
  ])
  expect(lines[0]).toMatchObject({ path: '/stream/abc', bytes: TRACK.length })
  expect(access + error).not.toMatch(/sig=|[0-9a-f]{64}/)
})
