/** The page below a path, behind a proxy that removes its prefix: every address must be relative to the page. */
import { readdirSync, readFileSync } from 'node:fs'
import { request, type RequestListener } from 'node:http'
import { join } from 'node:path'
import { createContext, runInContext } from 'node:vm'
import { buildSync } from 'esbuild'
import { publicDirectory } from '../../demo/paths'
import { ask } from '../support/client'
import { listen } from '../support/server'
import { makeTrackDirectory, TRACK } from '../support/tracks'
import { runDemo } from './running'

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
  sign(track: { id: string }, lifetime: number, purpose: string): Promise<{ url: string; plain: string }>
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
