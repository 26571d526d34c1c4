/** The recipe of `docs/recipes/several-nodes.md`: two processes, a real Redis and a real nginx. */
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { get, type IncomingMessage } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { makeEnder } from '../support/at-the-end'
import { ask, type Answer } from '../support/client'
import { eventually } from '../support/eventually'
import { freePort, freePorts } from '../support/free-ports'
import { makeRecipeProject, startRecipe, type RunningRecipe } from '../support/recipe'
import { SECRET, TRACK } from '../support/tracks'
import { runNginx } from './nginx-process'
import { startRedisServer, type RedisServer } from './redis-server'

const NEW_SECRET = 'fedcba9876543210fedcba9876543210'
/** More than the buffers of sockets and of nginx hold. */
const LONG = Buffer.alloc(64 * 1024 * 1024, 'a long track, ')

/** Bytes that a player reads at a time: so few that a body takes longer than nodes need to learn of a revocation. */
const PIECE = 8192

// Nodes start a dozen times.
jest.setTimeout(180_000)

const atTheEnd = makeEnder()
const project = makeRecipeProject('several-nodes', ['redis'])
atTheEnd(project.remove)
let redis: RedisServer
let ports: number[]
let balancer: number
let nodes: RunningRecipe[]

beforeAll(async () => {
  mkdirSync(join(project.path, 'audio'))
  writeFileSync(join(project.path, 'audio/track1.mp3'), TRACK)
  writeFileSync(join(project.path, 'audio/long.mp3'), LONG)
  redis = await startRedisServer()
  atTheEnd(() => redis[Symbol.asyncDispose]())
  ports = await freePorts(2)
  balancer = await startBalancer()
})
beforeEach(async () => {
  nodes = await Promise.all(ports.map(port => startNode(port)))
})
afterEach(() => Promise.all(nodes.map(node => node.stop())))

/** Resolves when the node has read the revocations. */
async function startNode(port: number, env: Readonly<Record<string, string>> = {}): Promise<RunningRecipe> {
  const node = await startRecipe(project.path, 'server.ts', {
    port,
    env: { REDIS_URL: `redis://127.0.0.1:${redis.port}`, ...env },
  })
  await eventually(async () => {
    const url = await urlFor('track1', 'probe', port)
    return (await ask(port, url, { method: 'HEAD' })).status === 200
  }, 'the node serves')
  return node
}

/** The file of the recipe, with addresses and paths of a test, inside what Debian's nginx.conf has. */
async function startBalancer(): Promise<number> {
  const home = mkdtempSync(join(tmpdir(), 'balancer-'))
  const port = await freePort()
  const text = readFileSync(join(project.path, 'nginx.conf'), 'utf8')
    .replace('127.0.0.1:8081', `127.0.0.1:${ports[0]}`)
    .replace('127.0.0.1:8082', `127.0.0.1:${ports[1]}`)
    .replace('listen 8080', `listen 127.0.0.1:${port}`)
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map(name => `${name}_temp_path ${name};`)
    .join('\n')
  writeFileSync(
    join(home, 'nginx.conf'),
    `daemon off;\npid nginx.pid;\nerror_log stderr notice;\nevents {}\nhttp {\naccess_log off;\n${temporary}\n${text}}\n`,
  )
  writeFileSync(join(home, 'users'), 'anna:{PLAIN}secret\n')
  const nginx = await runNginx(home)
  atTheEnd(async () => {
    await nginx.stop()
    rmSync(home, { recursive: true, force: true })
  })
  return port
}

async function urlFor(id: string, listener: string, port: number): Promise<string> {
  const { body } = await ask(port, `/play/${id}`, { headers: { 'X-Forwarded-User': listener } })
  return (JSON.parse(body.toString()) as { url: string }).url
}

/** A request of the listener at an address, as the balancer passes it on. */
function askFrom(address: string, port: number | undefined, url: string): Promise<Answer> {
  return ask(port ?? 0, url, { headers: { Range: 'bytes=0-99', 'X-Forwarded-For': address } })
}

/** Begins a body, and reads no further than its first piece. */
async function open(port: number | undefined, path: string, address = '192.0.2.1'): Promise<IncomingMessage> {
  const request = get({
    host: '127.0.0.1',
    port,
    path,
    agent: false,
    headers: { 'X-Forwarded-For': address },
  })
  request.on('error', () => undefined)
  const [response] = (await once(request, 'response')) as [IncomingMessage]
  response.on('error', () => undefined)
  await once(response, 'readable')
  return response
}

/** Reads on as a player does, until the server ends the body; rejects if it sends all of it. */
async function readUntilCut(body: IncomingMessage): Promise<void> {
  await eventually(() => {
    if (body.complete) throw new Error('The body is complete')
    body.read(PIECE)
    return body.destroyed
  }, 'the body ends')
}

describe('Two nodes behind a balancer', () => {
  it('serve a link that either has signed, to who has logged in', async () => {
    const login = { headers: { Authorization: `Basic ${btoa('anna:secret')}` } }
    expect((await ask(balancer, '/play/track1')).status).toBe(401)
    const urls: string[] = []
    for (let time = 0; time < 4; time++) {
      const { body } = await ask(balancer, '/play/track1', login)
      urls.push((JSON.parse(body.toString()) as { url: string }).url)
    }
    for (const url of urls) {
      expect(url).toContain('.sub.anna')
      for (const port of [...ports, balancer]) {
        expect((await ask(port, url)).body.equals(TRACK)).toBe(true)
      }
    }
  })

  it('end a stream on one when its listener is revoked on the other', async () => {
    const url = await urlFor('long', 'ben', ports[0] ?? 0)
    const body = await open(ports[0], url)
    const answer = await ask(ports[1] ?? 0, '/listeners/ben/revoke', { method: 'POST' })
    expect(answer.status).toBe(204)
    await readUntilCut(body)
    for (const port of ports) {
      await eventually(async () => (await askFrom('192.0.2.1', port, url)).status === 403, 'both refuse it')
    }
  })

  it.each(['anna@example.com', 'a b', 'x'.repeat(65)])(
    'refuse with 400 to revoke a listener whom no link can name: %s',
    async listener => {
      const path = `/listeners/${encodeURIComponent(listener)}/revoke`
      const { status, body } = await ask(ports[0] ?? 0, path, { method: 'POST' })
      expect({ status, body: body.toString() }).toEqual({
        status: 400,
        body: 'A listener has 1 to 64 letters, digits, "_" or "-"',
      })
    },
  )

  it('revoke a listener with the longest name', async () => {
    const path = `/listeners/${encodeURIComponent('𝒜'.repeat(64))}/revoke`
    expect((await ask(ports[0] ?? 0, path, { method: 'POST' })).status).toBe(204)
  })

  it('let a person listen at one place: who begins on one ends the stream on the other', async () => {
    const first = await open(ports[0], await urlFor('long', 'cleo', ports[0] ?? 0), '192.0.2.1')
    const url = await urlFor('long', 'cleo', ports[1] ?? 0)
    expect((await askFrom('198.51.100.1', ports[1], url)).status).toBe(206)
    await readUntilCut(first)
  })

  it('change the secret in two steps without refusing a link', async () => {
    async function replace(index: number, env: Readonly<Record<string, string>>): Promise<void> {
      await nodes[index]?.stop()
      nodes[index] = await startNode(ports[index] ?? 0, env)
    }
    const links = [await urlFor('track1', 'dora', ports[0] ?? 0)]
    async function expectAllServed(): Promise<void> {
      for (const port of ports) links.push(await urlFor('track1', 'dora', port))
      for (const link of links) {
        for (const port of ports) expect((await askFrom('192.0.2.4', port, link)).status).toBe(206)
      }
    }
    const both = { SECRET_KEY: SECRET, SECRET_KEY_PREVIOUS: NEW_SECRET }
    const swapped = { SECRET_KEY: NEW_SECRET, SECRET_KEY_PREVIOUS: SECRET }
    for (const env of [both, swapped]) {
      for (const index of [0, 1]) {
        await replace(index, env)
        await expectAllServed()
      }
    }
    for (const index of [0, 1]) await replace(index, { SECRET_KEY: NEW_SECRET })
    expect((await askFrom('192.0.2.4', ports[0], links[0] ?? '')).status).toBe(403)
    expect((await askFrom('192.0.2.4', ports[0], links.at(-1) ?? '')).status).toBe(206)
  })

  it('lose no stream and refuse no request when one ends', async () => {
    const url = await urlFor('long', 'emil', ports[0] ?? 0)
    const body = await open(ports[0], url, '192.0.2.5')
    const isStopped = nodes[0]?.stop()
    const other = await urlFor('track1', 'fay', ports[1] ?? 0)
    await eventually(async () => {
      const { status } = await ask(balancer, other)
      expect(status).toBe(200)
      return ask(ports[0] ?? 0, other).then(
        answer => answer.status === 503,
        () => true,
      )
    }, 'the node takes no more')
    for (let time = 0; time < 10; time++) expect((await ask(balancer, other)).status).toBe(200)
    expect((await buffer(body)).equals(LONG)).toBe(true)
    expect(await isStopped).toBe(0)
  })
})
