/** Programs of docs/ that run as they are printed, and do what a user would notice. */
import { join } from 'node:path'
import * as library from 'express-signed-stream'
import { ask, type Answer } from '../support/client'
import { blocksOf, blockWith, ROOT } from '../support/printed'
import { createWorkplace, type PrintedProgram } from '../support/printed-program'
import { SECRET } from '../support/tracks'

const workplace = createWorkplace()
workplace.add('audio/morning-tide.mp3', join(ROOT, 'audio/morning-tide.mp3'))
afterAll(workplace.remove)

const signer = library.createSigner({ secret: SECRET, baseUrl: '/stream' })

function askFor(id: string, { port }: PrintedProgram, range?: string): Promise<Answer> {
  const headers = range === undefined ? {} : { Range: range }
  return ask(port, signer.signUrl(id, { expiresIn: 60 }), { headers })
}

describe('docs/your-own-app.md', () => {
  const page = 'docs/your-own-app.md'

  it('composes the middleware, with code of the app between', async () => {
    await using server = await workplace.start(
      `${blockWith(page, "app.get(\n  '/stream/:id'")}\napp.listen(8082)`,
    )
    expect((await askFor('morning-tide', server)).status).toBe(200)
    expect((await askFor('missing', server)).body.toString()).toBe('No such track')
    expect((await ask(server.port, '/stream/morning-tide')).status).toBe(403)
    expect(await server.stop()).toMatch(/^morning-tide may be heard until \d+\nmissing may be heard/)
  })

  it.each([
    ['sends no CORS headers from the parts', '', undefined],
    ['sends those of the cors package in front', 'app.use(cors())', '*'],
  ])('%s', async (_what, before, allowed) => {
    await using server = await workplace.start(`
      import cors from 'cors'
      import express from 'express'
      import { rangeStream, requireSignedUrl, validateId } from 'express-signed-stream'
      const app = express()
      ${before}
      app.get('/stream/:id', validateId(), requireSignedUrl({ secret: process.env.SECRET_KEY }), rangeStream({ dir: 'audio' }))
      app.listen(8082)`)
    const { status, headers } = await askFor('morning-tide', server)
    expect([status, headers['access-control-allow-origin']]).toEqual([200, allowed])
  })

  it('serves without Express', async () => {
    await using server = await workplace.start(blockWith(page, 'createServer(stream).listen'))
    expect((await askFor('morning-tide', server)).status).toBe(200)
  })

  it('opens a cover by the query of a link', async () => {
    workplace.add('covers/42.png', join(ROOT, 'docs/demo.png'))
    await using server = await workplace.start(`
      import express from 'express'
      import { createLinks, requireSignedUrl, streamErrorHandler } from 'express-signed-stream'
      const app = express()
      const links = createLinks({ secret: process.env.SECRET_KEY, baseUrl: '/stream' })
      ${blockWith(page, "app.get('/cover/:id'")}
      app.get('/query', (req, res) => res.send(links.createLink('42', { expiresIn: '1h' }).query))
      app.use(streamErrorHandler())
      app.listen(8082)`)
    const query = (await ask(server.port, '/query')).body.toString()
    const cover = await ask(server.port, `/cover/42?${query}`)
    expect([cover.status, cover.headers['content-type'], cover.headers['cache-control']]).toEqual([
      200,
      'image/png',
      'private, max-age=300',
    ])
    expect((await ask(server.port, `/cover/43?${query}`)).status).toBe(403)
  })

  it('keeps the headers of an error in a response of the app', async () => {
    await using server = await workplace.start(`
      import express from 'express'
      import { rangeStream, requireSignedUrl, StreamError, validateId } from 'express-signed-stream'
      const app = express()
      const hints = { RANGE_NOT_SATISFIABLE: 'Shorter, please' }
      app.get('/stream/:id', validateId(), requireSignedUrl({ secret: process.env.SECRET_KEY }), rangeStream({ dir: 'audio' }))
      ${blockWith(page, 'hints[error.code]')}
      app.listen(8082)`)
    const { status, headers, body } = await askFor('morning-tide', server, 'bytes=99999999-')
    expect([status, headers['content-range'], headers['cache-control']]).toEqual([
      416,
      'bytes */1011490',
      'no-store',
    ])
    expect(JSON.parse(body.toString())).toEqual({ code: 'RANGE_NOT_SATISFIABLE', hint: 'Shorter, please' })
  })

  it('limits refusals, and no valid link', async () => {
    await using server = await workplace.start(`
      import express from 'express'
      import { rateLimit } from 'express-rate-limit'
      import { createLinks, rangeStream, requireSignedUrl, streamErrorHandler, validateId } from 'express-signed-stream'
      const app = express()
      const links = createLinks({ secret: process.env.SECRET_KEY })
      ${blockWith(page, 'const refusals = rateLimit').replace('limit: 60 ', 'limit: 2 ')}
      app.listen(8082)`)
    const statuses: number[] = []
    for (let count = 0; count < 4; count++)
      statuses.push((await ask(server.port, '/stream/morning-tide')).status)
    expect(statuses).toEqual([403, 403, 429, 429])
    expect((await askFor('morning-tide', server)).status).toBe(200)
  })
})

describe('docs/events.md', () => {
  const [own = '', channel = ''] = blocksOf('docs/events.md', 'ts').map(({ code }) => code)

  it('counts bytes by onCompletion', async () => {
    const code = `import express from 'express'\n${own}
      const app = express()
      app.use('/stream', stream)
      app.get('/bytes', (req, res) => res.json(Object.fromEntries(bytesOf)))
      app.listen(8082)`
    await using server = await workplace.start(code)
    await askFor('morning-tide', server, 'bytes=0-99')
    expect(JSON.parse((await ask(server.port, '/bytes')).body.toString())).toEqual({ nobody: 100 })
  })

  it('counts bytes by a channel', async () => {
    const code = `import express from 'express'\nimport { createStreamRouter } from 'express-signed-stream'\n${channel}
      const app = express()
      app.use('/stream', createStreamRouter({ dir: 'audio', secret: process.env.SECRET_KEY }))
      app.get('/bytes', (req, res) => res.json(bytes))
      app.listen(8082)`
    await using server = await workplace.start(code)
    await askFor('morning-tide', server, 'bytes=0-99')
    expect((await ask(server.port, '/bytes')).body.toString()).toBe('100')
  })
})

describe('docs/metrics.md', () => {
  it('serves metrics on a port of its own', async () => {
    await using server = await workplace.start(blockWith('docs/metrics.md', 'collectDefaultMetrics() // CPU'))
    const { body } = await ask(server.port, '/')
    expect(body.toString()).toMatch(/^signed_stream_active_streams 0$/m)
    expect(body.toString()).toMatch(/^process_cpu_seconds_total /m)
  })
})

describe('docs/sources.md', () => {
  const imports = `
    import express from 'express'
    import { createStreamRouter, createSigner, fileSource, idFromPath, pathFromId } from 'express-signed-stream'
    const secret = process.env.SECRET_KEY
    const app = express()
    const signer = createSigner({ secret, baseUrl: '/stream' })
  `
  const page = 'docs/sources.md'

  it('finds tracks by a database', async () => {
    workplace.add('audio/Miles Davis/Kind of Blue/01 So What.flac', join(ROOT, 'audio/morning-tide.mp3'))
    const code = `${imports}${blockWith(page, 'const fileOf = new Map')}\napp.listen(8082)`
    await using server = await workplace.start(code)
    const found = await askFor('1042', server)
    expect([found.status, found.headers['content-type']]).toEqual([200, 'audio/flac'])
    expect((await askFor('1043', server)).status).toBe(404)
  })

  it('finds tracks by their paths', async () => {
    workplace.add('music/Artist/Album/01 - Name.flac', join(ROOT, 'audio/morning-tide.mp3'))
    const code = `${imports}${blockWith(page, "idFromPath('Artist/Album/01 - Name.flac')")}\napp.listen(8082)`
    await using server = await workplace.start(code)
    expect((await askFor(library.idFromPath('Artist/Album/01 - Name.flac'), server)).status).toBe(200)
  })

  it('describes a track', async () => {
    const code = `${imports}${blockWith(page, "stream.describe('track1')").replace("'track1'", "'morning-tide'")}
      console.log(JSON.stringify(track))`
    expect(JSON.parse(await workplace.run(code))).toMatchObject({
      size: 1_011_490,
      type: 'audio/mpeg',
      fileName: 'morning-tide.mp3',
    })
  })
})
