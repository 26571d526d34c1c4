/** The recipes of `docs/recipes/sub-path.md`, behind a real nginx. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createLinks } from 'express-signed-stream'
import { runNginxServers } from '../operations/nginx-process'
import { ask } from '../support/client'
import { freePort } from '../support/free-ports'
import { SECRET } from '../support/tracks'
import { describeHost } from './support/describe-host'
import { startRecipe, type RunningRecipe } from './support/start-recipe'

interface Front extends AsyncDisposable {
  readonly port: number
}

/** nginx with a configuration of the recipe, in front of the app at `upstream`. */
async function startFront(name: string, upstream: number): Promise<Front> {
  const home = mkdtempSync(join(tmpdir(), 'sub-path-'))
  const port = await freePort()
  const server = readFileSync(join(__dirname, 'sub-path', name), 'utf8')
    .replaceAll('8080', String(port))
    .replaceAll('8082', String(upstream))
  const { stop } = await runNginxServers(home, server)
  return {
    port,
    async [Symbol.asyncDispose]() {
      await stop()
      rmSync(home, { recursive: true })
    },
  }
}

describe('nginx that passes the path on', () => {
  describeHost({
    recipe: 'sub-path',
    args: ['server.js'],
    base: '/media/stream',
    home: '/media/',
    isBehindProxy: false,
    front: upstream => startFront('nginx.conf', upstream),
  })
})

describe.each([
  ['passes the path on', 'server.js', 'nginx.conf'],
  ['removes the path', 'stripped.js', 'nginx-stripped.conf'],
])('the address behind nginx that %s', (_what, program, configuration) => {
  const links = createLinks({ secret: SECRET, baseUrl: '/media/stream' })
  let running: RunningRecipe
  let front: Front
  beforeAll(async () => {
    running = await startRecipe({ recipe: 'sub-path', args: [program] })
    front = await startFront(configuration, running.port)
  })
  afterAll(async () => {
    await front[Symbol.asyncDispose]()
    await running[Symbol.asyncDispose]()
  })

  it.each([
    ['127.0.0.1', 200],
    ['203.0.113.7', 403],
  ])('is that of the client, whatever it sends itself: a link for %s', async (network, expected) => {
    const { url } = links.createLink('track1', { expiresIn: '10m', network })
    const { status } = await ask(front.port, url, { headers: { 'x-forwarded-for': '203.0.113.7' } })
    expect(status).toBe(expected)
  })
})

describe('nginx that removes the path', () => {
  it('lets a listener continue by a cookie of the public path', async () => {
    await using running = await startRecipe({ recipe: 'sub-path', args: ['stripped.js'] })
    await using front = await startFront('nginx-stripped.conf', running.port)
    const signed = await ask(front.port, '/media/play/track1')
    const { url } = JSON.parse(signed.body.toString()) as { url: string }
    const { status, headers } = await ask(front.port, url, { headers: { range: 'bytes=0-9' } })
    expect([status, headers['set-cookie']?.[0]]).toEqual([
      206,
      expect.stringMatching(/^ess=[^;]+; Path=\/media\/stream\/track1;/),
    ])
  })
})
