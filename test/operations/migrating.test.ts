/** What docs/migrating.md promises: each request of its table, its nginx between two servers, and its commands. */
import { execFile, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import { computeSignature, createStreamRouter, type StreamRouterOptions } from 'express-signed-stream'
import { build } from '../support/built-package'
import { ask } from '../support/client'
import { listen, type RunningServer } from '../support/server'
import { inSeconds, makeTrackDirectory, pathFor, queryFor, SECRET, TRACK } from '../support/tracks'
import { freePort } from '../support/free-ports'

const document = readFileSync(join(__dirname, '../../docs/migrating.md'), 'utf8')

function blocks(language: string): string[] {
  return Array.from(
    document.matchAll(new RegExp(`\`\`\`${language}\n(.*?)\`\`\``, 'gs')),
    ([, code = '']) => code,
  )
}

const tracks = makeTrackDirectory()
beforeAll(() => {
  tracks.write('track1.mp3', TRACK)
})
afterAll(tracks.remove)

/** A stream server whose answers tell its name. */
function serve(name: string, options: Partial<StreamRouterOptions> = {}): Promise<RunningServer> {
  const router = createStreamRouter({ dir: tracks.path, secret: SECRET, ...options })
  return listen((req, res) => {
    res.setHeader('X-Served-By', name)
    req.url = req.url?.replace(/^\/stream/, '')
    router(req, res)
  })
}

describe('the table of what is stricter', () => {
  const [, table = ''] = /^## What is stricter\n(.*?)^- /ms.exec(document) ?? []
  const rows = Array.from(
    table.matchAll(/^\| `(?:([A-Z]+) )?(\/[^`]+)`.* \| (\d+) `([A-Z_]+)` \| `([^`]+)` \|$/gm),
    ([, method = 'GET', path = '', status = '', code = '', body = '']) =>
      [method, path, Number(status), code, body] as const,
  )

  it('has the requests that are sent here', () => {
    expect(rows).toHaveLength(13)
    expect(table.match(/^\| `/gm)).toHaveLength(13)
  })

  it.each(rows)('is right about %s %s: %d %s', async (method, template, status, code, body) => {
    await using server = await serve('new')
    const [expires, past] = [inSeconds(600), inSeconds(-1)]
    const sig = computeSignature(SECRET, 'track1', expires)
    const values = new Map([
      ['id', 'track1'],
      ['expires', String(expires)],
      ['sig', sig],
      ['SIG', sig.toUpperCase()],
      ['past', String(past)],
      ['past sig', computeSignature(SECRET, 'track1', past)],
      ['513 letters', 'x'.repeat(513)],
    ])
    const path = template.replaceAll(/\{([^}]+)\}/g, (_, name: string) => values.get(name) ?? '?')
    expect(path).not.toContain('{')
    const plain = await ask(server.port, path, { method })
    expect([plain.status, plain.body.toString()]).toEqual([status, body])
    const json = await ask(server.port, path, { method, headers: { Accept: 'application/json' } })
    expect(JSON.parse(json.body.toString())).toMatchObject({ code, title: body })
  })

  it('knows how to have the old body back', async () => {
    expect(document).toContain("`messages: { SIGNATURE_EXPIRED: 'Signature invalide' }`")
    await using server = await serve('new', { messages: { SIGNATURE_EXPIRED: 'Signature invalide' } })
    const { status, body } = await ask(server.port, pathFor('track1', inSeconds(-1)))
    expect([status, body.toString()]).toEqual([403, 'Signature invalide'])
  })
})

describe('what is the same', () => {
  it('holds for the answers that the table of it names', async () => {
    await using server = await serve('new')
    const whole = await ask(server.port, pathFor('track1', inSeconds(0) + 5))
    expect(whole).toMatchObject({
      status: 200,
      headers: {
        'content-type': 'audio/mpeg',
        'content-length': String(TRACK.length),
        'accept-ranges': 'bytes',
        'access-control-allow-origin': '*',
        'access-control-expose-headers': expect.stringMatching(
          /^Content-Range,Content-Length,Accept-Ranges/,
        ) as string,
      },
    })
    const part = await ask(server.port, pathFor('track1'), { headers: { Range: 'bytes=5-9' } })
    expect(part).toMatchObject({ status: 206, headers: { 'content-range': `bytes 5-9/${TRACK.length}` } })
    const missing = await ask(server.port, pathFor('missing'))
    expect([missing.status, missing.body.toString()]).toEqual([404, 'Fichier non trouvé'])
    const forged = await ask(server.port, `/stream/track1?expires=9999999999&sig=${'0'.repeat(64)}`)
    expect([forged.status, forged.body.toString()]).toEqual([403, 'Signature invalide'])
  })
})

describe('what is new', () => {
  it('serves other audio files, unless extensions has only mp3', async () => {
    tracks.write('spoken.flac', TRACK)
    await using server = await serve('new')
    const { status, headers } = await ask(server.port, pathFor('spoken'))
    expect([status, headers['content-type']]).toEqual([200, 'audio/flac'])
    expect(document).toContain("`extensions: ['mp3']`")
    await using narrow = await serve('new', { extensions: ['mp3'] })
    expect((await ask(narrow.port, pathFor('spoken'))).status).toBe(404)
  })
})

interface Nginx extends AsyncDisposable {
  readonly port: number
  /** Ends it, and tells what it wrote to its access log. */
  readonly stop: () => Promise<string>
}

/** nginx with the document's configuration; `check` only judges it. */
function nginxFor(configuration: string, port: number, old: number, fresh: number) {
  const home = mkdtempSync(join(tmpdir(), 'migrating-'))
  const changes = [
    ['listen 80;', `listen 127.0.0.1:${port};`],
    ['127.0.0.1:8081', `127.0.0.1:${old}`],
    ['127.0.0.1:8082', `127.0.0.1:${fresh}`],
    ['/var/log/nginx/', `${home}/`],
  ] as const
  const http = changes.reduce((text, [found, replacement]) => {
    expect(text).toContain(found)
    return text.replaceAll(found, replacement)
  }, configuration)
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    kind => `${kind}_temp_path ${home}/${kind};`,
  )
  writeFileSync(
    join(home, 'nginx.conf'),
    `daemon off; master_process off; pid ${home}/nginx.pid; error_log stderr notice; events {}\n` +
      `http { access_log off; ${temporary.join(' ')}\n${http} }\n`,
  )
  const args = ['-p', home, '-c', 'nginx.conf', '-e', 'stderr']
  return {
    check: () => execFileSync('nginx', ['-t', '-q', ...args], { stdio: 'pipe' }),
    remove() {
      rmSync(home, { recursive: true })
    },
    async start(): Promise<Nginx> {
      const child = spawn('nginx', args, { stdio: ['ignore', 'ignore', 'pipe'] })
      const exited = once(child, 'exit')
      // Its first notice comes when it listens.
      for await (const line of createInterface(child.stderr)) if (line.includes('[notice]')) break
      child.stderr.resume()
      async function stop(): Promise<string> {
        child.kill()
        await exited
        return readFileSync(join(home, 'moving.log'), 'utf8')
      }
      return {
        port,
        stop,
        async [Symbol.asyncDispose]() {
          await stop()
        },
      }
    },
  }
}

describe('the configuration of nginx', () => {
  const [shared = '', byTrack = ''] = blocks('nginx')
  const perTrack = shared.replace(/^split_clients.*?^\}\n/ms, byTrack)
  const back = shared.replace(/^ +10%.*\n/m, '')

  /** Who answers `paths`, through nginx with `configuration`. */
  async function answerers(configuration: string, paths: readonly string[], headers = {}) {
    await using old = await serve('old')
    await using fresh = await serve('new')
    const prepared = nginxFor(configuration, await freePort(), old.port, fresh.port)
    prepared.check()
    const nginx = await prepared.start()
    const names: unknown[] = []
    for (const path of paths) {
      const { status, headers: fields, body } = await ask(nginx.port, path, { headers })
      expect([status, body.equals(TRACK)]).toEqual([200, true])
      names.push(fields['x-served-by'])
    }
    const log = await nginx.stop()
    prepared.remove()
    return { names, log }
  }

  it('gives the new server about a tenth of the links, and each link one server', async () => {
    const links = Array.from(
      { length: 300 },
      (_, index) => `/stream/track1?${queryFor('track1', inSeconds(600 + index))}`,
    )
    const { names, log } = await answerers(shared, [...links, ...links.slice(0, 50)])
    const share = names.slice(0, 300).filter(name => name === 'new').length
    expect(share).toBeGreaterThan(5)
    expect(share).toBeLessThan(66)
    expect(names.slice(300)).toEqual(names.slice(0, 50))
    expect(log.trim().split('\n')).toHaveLength(350)
    expect(log).toMatch(/^\S+ (?:old|new)_stream 200 300000 \S+ \/stream\/track1$/m)
    expect(log).not.toMatch(/sig|expires/)
  })

  it('lets who tests choose', async () => {
    const links = Array.from({ length: 5 }, (_, index) => pathFor('track1', inSeconds(600 + index)))
    for (const name of ['new', 'old']) {
      const { names } = await answerers(shared, links, { 'X-Stream-Server': name })
      expect(new Set(names)).toEqual(new Set([name]))
    }
  })

  it('moves by track, if the map of paths replaces the share', async () => {
    tracks.write('track2.mp3', TRACK)
    tracks.write('track3.mp3', TRACK)
    const { names } = await answerers(perTrack, [pathFor('track1'), pathFor('track2'), pathFor('track3')])
    expect(names).toEqual(['new', 'new', 'old'])
  })

  it('goes back without the line of the share', async () => {
    expect(back).not.toBe(shared)
    const links = Array.from({ length: 40 }, (_, index) => pathFor('track1', inSeconds(600 + index)))
    expect(new Set((await answerers(back, links)).names)).toEqual(new Set(['old']))
  })
})

describe('the comparison', () => {
  const [script = ''] = blocks('sh')
  const built = build()
  afterAll(built.remove)

  async function compare(old: RunningServer, fresh: RunningServer): Promise<string> {
    const commands = script.replace(/^old=.*$/m, `old=${old.origin} new=${fresh.origin}`)
    expect(commands).not.toBe(script)
    const { stdout } = await promisify(execFile)(
      'sh',
      ['-e', '-c', `npx() { shift; "$NODE" "$PROGRAM" "$@"; }\nid=track1\n${commands}`],
      { env: { ...process.env, NODE: process.execPath, PROGRAM: built.program, SECRET_KEY: SECRET } },
    )
    return stdout
  }

  it('prints nothing where both servers say the same', async () => {
    await using old = await serve('old')
    await using fresh = await serve('new')
    expect(await compare(old, fresh)).toBe('')
  })

  it('shows where they differ', async () => {
    await using old = await serve('old', { messages: { NOT_FOUND: 'No such track' } })
    await using fresh = await serve('new')
    const difference = await compare(old, fresh)
    expect(difference.match(/^DIFFERENT: .*$/gm)).toEqual([
      expect.stringMatching(/^DIFFERENT: \/stream\/no-such-track\?/),
    ])
    expect(difference).toContain('< content-length: 13')
  })

  it('shows every request that another secret refuses', async () => {
    await using old = await serve('old', { secret: 'another-secret-of-more-than-32-bytes' })
    await using fresh = await serve('new')
    expect((await compare(old, fresh)).match(/^DIFFERENT: /gm)).toHaveLength(7)
  })
})
