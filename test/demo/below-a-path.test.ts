/** The page below a path, behind a proxy or an app that removes its prefix: every address must be relative to the page. */
import { readdirSync, readFileSync } from 'node:fs'
import { request, type RequestListener } from 'node:http'
import { join } from 'node:path'
import { createContext, runInContext } from 'node:vm'
import { buildSync } from 'esbuild'
import express from 'express'
import supertest from 'supertest'
import { publicDirectory } from '../../demo/paths'
import { ask } from '../support/client'
import { listen } from '../support/server'
import { makeTrackDirectory, TRACK } from '../support/tracks'
import { runDemo } from './running'
import { makeDemo } from './support'

const PREFIX = '/radio/private'

const directory = makeTrackDirectory()
directory.write('track1.mp3', TRACK)
afterAll(directory.remove)

/** Removes the prefix, and serves nothing at other paths. */
function stripPrefix(port: number): RequestListener {
  return function proxy(req, res) {
    const url = req.url ?? ''
    if (!url.startsWith(`${PREFIX}/`)) {
      res.writeHead(404).end('Nothing here')
      return
    }
    const { method, headers } = req
    const path = url.slice(PREFIX.length)
    request({ host: '127.0.0.1', port, path, method, headers }, answer => {
      res.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(res)
    }).end()
  }
}

interface PageServer {
  listTracks(after?: string): Promise<{ tracks: { id: string }[]; next?: string }>
  sign(
    track: { id: string },
    lifetime: number,
    purpose: string,
    signal?: AbortSignal,
    terms?: Readonly<Record<string, string>>,
  ): Promise<{ url: string; plain: string }>
}

/** demo/public/server.js, as a page at `href` has it. */
function loadPageServer(href: string): PageServer {
  const { outputFiles } = buildSync({
    entryPoints: [join(publicDirectory, 'server.js')],
    bundle: true,
    format: 'cjs',
    write: false,
  })
  const context = createContext({
    module: { exports: {} },
    location: new URL(href),
    fetch: (path: string, options: RequestInit) => fetch(new URL(path, href), options),
    URL,
    URLSearchParams,
    crypto,
  })
  return runInContext(`${outputFiles[0]?.text ?? ''};module.exports`, context) as PageServer
}

it.each(['/', '/index.html'])('lists, signs and plays from the page at %s', async path => {
  await using demo = await runDemo(directory.path)
  await using proxy = await listen(stripPrefix(demo.port))
  const server = loadPageServer(`${proxy.origin}${PREFIX}${path}`)
  const { tracks } = await server.listTracks()
  expect(tracks).toMatchObject([{ id: 'track1' }])
  const { url, plain } = await server.sign({ id: 'track1' }, 60, 'player')
  for (const link of [url, plain]) {
    expect(link).toMatch(`${proxy.origin}${PREFIX}/stream/track1?expires=`)
    const response = await fetch(link, { headers: { Range: 'bytes=0-9' } })
    expect([response.status, Buffer.from(await response.arrayBuffer())]).toEqual([206, TRACK.subarray(0, 10)])
  }
})

it('loads all of the page below the path, and writes no address from the root', async () => {
  await using demo = await runDemo(directory.path)
  await using proxy = await listen(stripPrefix(demo.port))
  const { body } = await ask(proxy.port, `${PREFIX}/`)
  const references = Array.from(body.toString().matchAll(/\b(?:src|href)="([^"#]+)"/g), ([, url = '']) => url)
  expect(references.length).toBeGreaterThan(4)
  for (const reference of references) {
    const { pathname } = new URL(reference, `${proxy.origin}${PREFIX}/`)
    expect([pathname, (await ask(proxy.port, pathname)).status]).toEqual([pathname, 200])
  }
  for (const name of readdirSync(publicDirectory)) {
    const text = readFileSync(join(publicDirectory, name), 'utf8')
    expect([name, text.match(/(?:["'`(]|url\()\/(?:stream|api|vendor|[a-z]+\.(?:js|css|svg))/g)]).toEqual([
      name,
      null,
    ])
  }
})

describe('in an Express app that mounts the demo', () => {
  const { app: demo, directory: tracks } = makeDemo()
  tracks.write('track1.mp3', TRACK)
  const app = express().use('/music/demo', demo)
  afterAll(tracks.remove)

  it.each([
    ['/music/demo', './demo/'],
    ['/music/demo?from=here', './demo/?from=here'],
  ])('redirects %s, from where the browser would look for files elsewhere', async (path, location) => {
    const answer = await supertest(app).get(path)
    expect([answer.status, answer.headers['location']]).toEqual([302, location])
  })

  it.each(['/music/demo/', '/music/demo/index.html', '/music/demo/page.js'])('serves %s', async path => {
    expect((await supertest(app).get(path)).status).toBe(200)
  })

  it('lists, signs and plays', async () => {
    await using server = await listen(app)
    const page = loadPageServer(`${server.origin}/music/demo/`)
    expect((await page.listTracks()).tracks).toMatchObject([{ id: 'track1' }])
    const { plain } = await page.sign({ id: 'track1' }, 60, 'player')
    expect(plain).toMatch(`${server.origin}/music/demo/stream/track1?`)
    expect((await fetch(plain)).status).toBe(200)
  })
  it('lets the page act as another device', async () => {
    await using server = await listen(app)
    const page = loadPageServer(`${server.origin}/music/demo/`)
    const { plain } = await page.sign({ id: 'track1' }, 60, 'device', undefined, { network: '192.0.2.2' })
    const statuses = await Promise.all(
      [plain, `${plain}&device=2`].map(async url => (await fetch(url)).status),
    )
    expect(statuses).toEqual([403, 200])
  })
})
