import { mkdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import request from 'supertest'
import { inSeconds, makeTrackDirectory, TRACK } from '../support/tracks'
import { makeDemo } from './support'

const { app, directory, log } = makeDemo()
const elsewhere = makeTrackDirectory()
directory.write('track10.mp3', TRACK)
directory.write('track2.flac', 'flac')
directory.write('twice.mp3', 'first')
directory.write('twice.wav', 'second')
directory.write('été_٣.ogg', 'ogg')
directory.write('notes.txt', 'not audio')
directory.write('two words.mp3', 'no id')
directory.write('dotted.name.mp3', 'no id')
directory.write('.mp3', 'no id')
directory.write('LOUD.MP3', 'not an extension that is served')
mkdirSync(join(directory.path, 'folder.mp3'))
symlinkSync(elsewhere.write('secret.mp3', 'outside'), join(directory.path, 'outside.mp3'))
symlinkSync('track10.mp3', join(directory.path, 'alias.mp3'))
afterAll(() => {
  directory.remove()
  elsewhere.remove()
})

interface SignedLink {
  url: string
  expires: number
  note: string
}

async function sign(path: string): Promise<SignedLink> {
  const answer = await request(app).get(path)
  expect(answer.status).toBe(200)
  return answer.body as SignedLink
}

describe('GET /api/tracks', () => {
  it('lists by name what can be played, each id once', async () => {
    const answer = await request(app).get('/api/tracks')
    expect(answer.status).toBe(200)
    expect(answer.headers['cache-control']).toBe('no-store')
    expect(answer.body).toEqual({
      tracks: [
        { id: 'alias', size: 300_000, type: 'audio/mpeg', duration: null },
        { id: 'été_٣', size: 3, type: 'audio/ogg', duration: null },
        { id: 'track2', size: 4, type: 'audio/flac', duration: null },
        { id: 'track10', size: 300_000, type: 'audio/mpeg', duration: null },
        { id: 'twice', size: 5, type: 'audio/mpeg', duration: null },
      ],
      library: 'flat',
    })
  })

  it('has the size and type of each track that the stream has', async () => {
    const { tracks } = (await request(app).get('/api/tracks')).body as {
      tracks: { id: string; size: number; type: string }[]
    }
    for (const { id, size, type } of tracks) {
      const { url } = await sign(`/api/sign/${encodeURIComponent(id)}`)
      const { headers } = await request(app).head(url)
      expect([id, headers['content-length'], headers['content-type']]).toEqual([id, String(size), type])
    }
  })
})

describe('GET /api/sign/:id', () => {
  it('gives a link that plays and seeks', async () => {
    const { url } = await sign('/api/sign/track10')
    const answer = await request(app).get(url).set('Range', 'bytes=1000-1999').buffer(true)
    expect(answer.status).toBe(206)
    expect(answer.headers['content-range']).toBe('bytes 1000-1999/300000')
    expect(TRACK.subarray(1000, 2000).equals(answer.body as Buffer)).toBe(true)
  })

  it('signs for an hour, or for the time in expiresIn', async () => {
    const before = inSeconds(0)
    const hour = await sign('/api/sign/track10')
    const day = await sign('/api/sign/track10?expiresIn=86400')
    const after = inSeconds(0)
    expect(hour.url).toMatch(new RegExp(`^/stream/track10\\?expires=${hour.expires}&sig=[0-9a-f]{64}$`))
    expect(hour.expires).toBeGreaterThanOrEqual(before + 3600)
    expect(hour.expires).toBeLessThanOrEqual(after + 3600)
    expect(day.expires).toBeGreaterThanOrEqual(before + 86_400)
    expect(day.expires).toBeLessThanOrEqual(after + 86_400)
  })

  it('notes that it is for local use, and is not stored', async () => {
    const answer = await request(app).get('/api/sign/track10')
    expect((answer.body as SignedLink).note).toBe(
      'For local use: anyone who can call this can listen. A real app puts its own login in front of it.',
    )
    expect(answer.headers['cache-control']).toBe('no-store')
  })

  it.each([
    'expiresIn=0',
    'expiresIn=-1',
    'expiresIn=86401',
    'expiresIn=1.5',
    'expiresIn=1e3',
    'expiresIn=060',
    'expiresIn=',
    'expiresIn=soon',
    'expiresIn=60&expiresIn=60',
  ])('responds with 400 to %s', async query => {
    const answer = await request(app).get(`/api/sign/track10?${query}`)
    expect(answer.status).toBe(400)
    expect(answer.body).toEqual({ error: 'expiresIn must be whole seconds from 1 to 86400' })
  })

  it.each([
    'missing',
    'notes',
    'two%20words',
    'LOUD',
    'folder',
    'outside',
    '..%2ftrack10',
    'track10.mp3',
    '%00',
  ])('responds with 404 to %s', async id => {
    const answer = await request(app).get(`/api/sign/${id}`)
    expect(answer.status).toBe(404)
    expect(answer.body).toEqual({ error: 'No such track' })
  })
})

describe('refusals', () => {
  it.each(['/api', '/api/', '/api/sign', '/api/sign/a/b', '/api/track'])(
    'responds with 404 to %s in JSON',
    async path => {
      const answer = await request(app).get(path)
      expect(answer.status).toBe(404)
      expect(answer.body).toEqual({ error: 'No such endpoint' })
    },
  )

  it('answers 403 to a stream without a signature', async () => {
    const answer = await request(app).get('/stream/track10')
    expect(answer.status).toBe(403)
    expect(answer.text).toBe('Signature invalide')
  })

  it('answers 400 without a stack to a path that does not decode', async () => {
    const answer = await request(app).get('/api/sign/%zz')
    expect(answer.status).toBe(400)
    expect(answer.text).toBe('{"error":"Bad Request"}')
  })

  it('responds with 500 without a stack if the directory is missing, and logs why', async () => {
    const broken = makeDemo()
    broken.directory.remove()
    const answer = await request(broken.app).get('/api/tracks')
    expect(answer.status).toBe(500)
    expect(answer.text).toBe('{"error":"Internal Server Error"}')
    expect(broken.log).toHaveLength(1)
    expect(JSON.parse(broken.log[0] ?? '')).toMatchObject({
      level: 'error',
      msg: 'Request failed',
      err: { code: 'ENOENT', stack: expect.stringContaining('Error: ENOENT') as string },
    })
  })
})

describe('pages of other origins', () => {
  it('may all read by default', async () => {
    const answer = await request(app).get('/api/tracks').set('Origin', 'https://any.example')
    expect(answer.headers['access-control-allow-origin']).toBe('*')
  })

  it('may read the JSON and the stream if ALLOWED_ORIGINS has them', async () => {
    const limited = makeDemo({ ALLOWED_ORIGINS: 'https://app.example,https://other.example' })
    limited.directory.write('track1.mp3', TRACK)
    const { url } = (await request(limited.app).get('/api/sign/track1')).body as SignedLink
    for (const path of ['/api/tracks', '/api/sign/track1', url]) {
      const friend = await request(limited.app).get(path).set('Origin', 'https://other.example')
      expect(friend.headers['access-control-allow-origin']).toBe('https://other.example')
      const stranger = await request(limited.app).get(path).set('Origin', 'https://stranger.example')
      expect(stranger.headers).not.toHaveProperty('access-control-allow-origin')
    }
    limited.directory.remove()
  })
})

describe('the log', () => {
  it('has one line of JSON for each event of the stream', async () => {
    const { url } = await sign('/api/sign/track10')
    log.length = 0
    await request(app).get(url).set('Range', 'bytes=0-99')
    await request(app).get('/stream/track10?expires=1&sig=no')
    const events = log.map(line => JSON.parse(line) as Record<string, unknown>)
    expect(events).toMatchObject([
      { level: 'info', msg: 'Streaming request', file_id: 'track10', range: 'bytes=0-99' },
      { level: 'debug', msg: 'Stream completed', file_id: 'track10', bytes_served: 100 },
      { level: 'warn', msg: 'Invalid signature attempt', file_id: 'track10' },
    ])
  })
})
