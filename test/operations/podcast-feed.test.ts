/** The recipe of `docs/recipes/podcast-feed.md`, its feed read by a parser of XML. Needs Python and curl. */
import { once } from 'node:events'
import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import { get, type IncomingMessage } from 'node:http'
import { join } from 'node:path'
import { createLinks } from 'express-signed-stream'
import { makeEnder } from '../support/at-the-end'
import { ask } from '../support/client'
import { runWell } from '../support/installed-program'
import { freePort } from '../support/free-ports'
import { makeRecipeProject, startRecipe, type RunningRecipe } from '../support/recipe'
import { inSeconds, SECRET } from '../support/tracks'

const AUDIO = join(__dirname, '../../audio')
const DAY = 86_400
/** Prints what a podcast app reads, as JSON; fails if the feed is no XML. */
const READ_FEED = `
import json, sys, xml.etree.ElementTree as xml
root = xml.fromstring(sys.stdin.buffer.read())
print(json.dumps({
  'root': [root.tag, root.attrib],
  'channel': [child.tag for child in root.find('channel')],
  'items': [{child.tag: child.attrib if child.tag == 'enclosure' else child.text for child in item} for item in root.iter('item')]
}))`

interface Feed {
  readonly root: readonly unknown[]
  readonly channel: readonly string[]
  readonly items: readonly {
    readonly title: string
    readonly guid: string
    readonly pubDate: string
    readonly enclosure: Readonly<Record<'url' | 'length' | 'type', string>>
  }[]
}

const atTheEnd = makeEnder()
const project = makeRecipeProject('podcast-feed')
atTheEnd(project.remove)
let server: RunningRecipe

beforeAll(async () => {
  cpSync(AUDIO, join(project.path, 'audio'), { recursive: true })
  // More than the buffers of sockets hold, so that its end can be seen.
  writeFileSync(join(project.path, 'audio/long.mp3'), Buffer.alloc(64 * 1024 * 1024))
  const port = await freePort()
  server = await startRecipe(project.path, 'server.ts', { port, env: { ORIGIN: `http://127.0.0.1:${port}` } })
  atTheEnd(() => server.stop())
})

const [FEED, OTHER_FEED] = ['/feeds/b1946ac92492d234', '/feeds/591785b794601e21']

async function readFeed(path: string): Promise<Feed> {
  const { status, headers, body } = await ask(server.port, path)
  expect([status, headers['content-type']]).toEqual([200, 'application/rss+xml; charset=utf-8'])
  const { stdout } = await runWell('python3', ['-c', READ_FEED], {
    cwd: project.path,
    input: body.toString(),
  })
  return JSON.parse(stdout.toString()) as Feed
}

async function enclosures(path: string): Promise<string[]> {
  return (await readFeed(path)).items.map(({ enclosure }) => enclosure.url)
}

async function statusOf(url: string): Promise<number> {
  const { pathname, search } = new URL(url)
  return (await ask(server.port, pathname + search, { method: 'HEAD' })).status
}

describe('The feed of a subscriber', () => {
  it('has what RSS 2.0 demands of a channel, its items and their enclosures', async () => {
    const { root, channel, items } = await readFeed(FEED)
    expect(root).toEqual(['rss', { version: '2.0' }])
    expect(channel).toEqual(expect.arrayContaining(['title', 'link', 'description']))
    expect(items.map(({ title }) => title)).toEqual(['Tides & winds', 'Lanterns'])
    for (const { pubDate, enclosure } of items) {
      expect(new Date(pubDate).toUTCString()).toBe(pubDate)
      expect(Object.keys(enclosure).sort()).toEqual(['length', 'type', 'url'])
      expect(enclosure.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/episodes\/[a-z-]+\.mp3\?/)
    }
  })

  it('says the length and the type that HEAD and GET give', async () => {
    const { items } = await readFeed(FEED)
    for (const { guid, enclosure } of items) {
      const { pathname, search } = new URL(enclosure.url)
      const head = await ask(server.port, pathname + search, { method: 'HEAD' })
      expect([head.status, head.headers['content-length'], head.headers['content-type']]).toEqual([
        200,
        enclosure.length,
        enclosure.type,
      ])
      const { body } = await ask(server.port, pathname + search)
      expect(body.equals(readFileSync(join(AUDIO, `${guid}.mp3`)))).toBe(true)
    }
  })

  it('is downloaded by curl under a name with its extension, and resumed', async () => {
    const [url = ''] = await enclosures(FEED)
    const options = { cwd: project.path }
    await runWell('curl', ['--fail', '--silent', '--remote-name', '--range', '0-9999', url], options)
    await runWell('curl', ['--fail', '--silent', '--remote-name', '--continue-at', '-', url], options)
    const saved = readFileSync(join(project.path, 'morning-tide.mp3'))
    expect(saved.equals(readFileSync(join(AUDIO, 'morning-tide.mp3')))).toBe(true)
  })

  it('has the same links at each refresh, for 30 to 37 days', async () => {
    const first = await enclosures(FEED)
    expect(await enclosures(FEED)).toEqual(first)
    await server.stop()
    const { port } = server
    server = await startRecipe(project.path, 'server.ts', {
      port,
      env: { ORIGIN: `http://127.0.0.1:${port}` },
    })
    expect(await enclosures(FEED)).toEqual(first)
    for (const url of first) {
      const expires = Number(new URL(url).searchParams.get('expires'))
      expect(expires).toBeGreaterThanOrEqual(inSeconds(30 * DAY - 60))
      expect(expires).toBeLessThanOrEqual(inSeconds(37 * DAY))
      // Also the links of the next second.
      expect(expires % (7 * DAY)).toBe(0)
      expect(await statusOf(url)).toBe(200)
    }
  })

  it('costs a podcast app that refreshes it a 304', async () => {
    const { headers } = await ask(server.port, FEED)
    const refresh = await ask(server.port, FEED, { headers: { 'If-None-Match': headers.etag ?? '' } })
    expect(refresh.status).toBe(304)
  })

  it('has other links than that of another subscriber', async () => {
    const [own = '', others = ''] = [await enclosures(FEED), await enclosures(OTHER_FEED)].flatMap(urls =>
      urls.slice(0, 1),
    )
    expect(own).not.toBe(others)
    expect(await statusOf(own.replace('sub.u42', 'sub.u43'))).toBe(403)
  })

  it('is not there for who has no token', async () => {
    expect((await ask(server.port, '/feeds/other')).status).toBe(404)
  })

  it('opens nothing after 38 days', async () => {
    const links = createLinks({
      secret: SECRET,
      baseUrl: server.origin + '/episodes',
      now: () => inSeconds(-38 * DAY),
    })
    const link = { expiresIn: '30d', stableFor: '7d', listener: 'u42' } as const
    expect(await statusOf(links.signUrl('morning-tide', link))).toBe(403)
  })
})

describe('A subscriber who cancels', () => {
  it('loses the feed, the links and a download in progress, also after a restart, and nobody else does', async () => {
    const [url = ''] = await enclosures(FEED)
    const [other = ''] = await enclosures(OTHER_FEED)
    const links = createLinks({ secret: SECRET, baseUrl: server.origin + '/episodes' })
    const long = links.signUrl('long', { expiresIn: '30d', stableFor: '7d', listener: 'u42' })
    const request = get(long).on('error', () => undefined)
    const [download] = (await once(request, 'response')) as [IncomingMessage]
    const isComplete = new Promise<boolean>(resolve => {
      download
        .on('error', () => undefined)
        .once('close', () => {
          resolve(download.complete)
        })
    })
    await once(download, 'readable')

    expect((await ask(server.port, `/subscribers${FEED.slice(6)}/cancel`, { method: 'POST' })).status).toBe(
      204,
    )
    download.resume()
    expect(await isComplete).toBe(false)
    expect((await ask(server.port, FEED)).status).toBe(404)
    expect(await statusOf(url)).toBe(403)
    expect(await statusOf(other)).toBe(200)

    await server.stop()
    const { port } = server
    server = await startRecipe(project.path, 'server.ts', { port, env: { ORIGIN: server.origin } })
    expect([await statusOf(url), await statusOf(other)]).toEqual([403, 200])
  })
})
