/** A router with links on a real socket, whose clock the test moves, and listeners at addresses of their own. */
import { createHmac } from 'node:crypto'
import { once } from 'node:events'
import { request, type IncomingMessage } from 'node:http'
import { createLinks, createStreamRouter, type Links, type LinksOptions } from 'express-signed-stream'
import { ask, type Answer } from '../support/client'
import { listen, type RunningServer } from '../support/server'
import { makeTrackDirectory, SECRET, TRACK } from '../support/tracks'

export const NOW = 1_800_000_000

/** More than the kernel takes for a client that does not read. */
export const LONG_TRACK_BYTES = 64 * 1024 * 1024

export interface Listening extends AsyncDisposable {
  readonly links: Links
  readonly port: number
  readonly server: RunningServer
  /** Seconds since the epoch, which the test may set. */
  time: number
  /** @param host the last part of an address of 127.0.0.0/24 */
  get(url: string, host?: number, headers?: Record<string, string>, method?: string): Promise<Answer>
  /** A response that is in progress, and that nobody reads. */
  begin(url: string, host?: number): Promise<IncomingMessage>
}

export async function startListening(options: Partial<LinksOptions> = {}): Promise<Listening> {
  const directory = makeTrackDirectory()
  directory.write('track1.mp3', TRACK)
  directory.write('album1-a.mp3', TRACK)
  directory.write('album1-b.mp3', TRACK)
  directory.write('long.mp3', Buffer.alloc(LONG_TRACK_BYTES, 7))
  const clock = { time: NOW }
  const links = createLinks({ secret: SECRET, now: () => clock.time, ...options })
  const router = createStreamRouter({ dir: directory.path, links })
  const server = await listen(router)
  return {
    links,
    server,
    port: server.port,
    get time() {
      return clock.time
    },
    set time(seconds) {
      clock.time = seconds
    },
    get: (url, host = 1, headers = {}, method = 'GET') =>
      ask(server.port, url, { method, headers, localAddress: `127.0.0.${host}` }),
    async begin(url, host = 1) {
      const req = request({
        host: '127.0.0.1',
        port: server.port,
        path: url,
        agent: false,
        localAddress: `127.0.0.${host}`,
      }).end()
      const [res] = (await once(req, 'response')) as [IncomingMessage]
      // A reset is reported by the response, too.
      req.on('error', () => undefined)
      res.on('error', () => undefined)
      return res
    },
    async [Symbol.asyncDispose]() {
      links.close()
      await server.close()
      directory.remove()
    },
  }
}

/** Resolves when the rest of a response that nobody read yet turns out to be missing; rejects if it is whole. */
export async function cutOff(res: IncomingMessage): Promise<void> {
  if (!res.closed) {
    const closed = once(res, 'close')
    res.resume()
    await closed.catch(() => undefined)
  }
  if (res.complete) throw new Error('The response came whole')
}

/** The code of a refusal. */
export async function codeOf(
  listening: Listening,
  url: string,
  host?: number,
  headers: Record<string, string> = {},
): Promise<string> {
  const { status, body } = await listening.get(url, host, { Accept: 'application/json', ...headers })
  return status < 400 ? String(status) : (JSON.parse(body.toString()) as { code: string }).code
}

/** A link as another program signs it: `text` is what stands in front of the expiry in the signed text. */
export function signed(id: string, terms: string, expires = NOW + 60, text = id): string {
  const sig = createHmac('sha256', SECRET).update(`${text}|${expires}|${terms}`).digest('hex')
  return `/${encodeURIComponent(id)}?expires=${expires}&terms=${encodeURIComponent(terms)}&sig=${sig}`
}

/** The cookie of a response, as a client sends it back. */
export function cookieOf({ headers }: Answer): string {
  return headers['set-cookie']?.[0]?.split(';', 1)[0] ?? ''
}
