/** A comparison is fair where all serve the same: each server's bytes are held against the files before it is measured. */
import { readFileSync } from 'node:fs'
import { get, type IncomingHttpHeaders } from 'node:http'
import { join } from 'node:path'
import type { Library } from './library'
import { inAnHour } from './links'
import type { RunningServer } from './running'

interface Answer {
  readonly status: number | undefined
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

/**
 * @returns the entity tag of the first track
 * @throws Error that names the server, where one of its answers is wrong
 */
export async function verifyServer(server: RunningServer, { dir, ids }: Library): Promise<string> {
  const { contender, port } = server
  const [id = ''] = ids
  const content = readFileSync(join(dir, `${id}.mp3`))
  const link = contender.makeLink(id, inAnHour())

  function expect(what: string, isTrue: boolean): void {
    if (!isTrue) throw new Error(`${contender.label} answers ${what} wrongly`)
  }

  const whole = await ask(port, link)
  expect('a request for all', whole.status === 200 && whole.body.equals(content))
  for (const [first, last] of [
    [0, 1],
    [1_000_000, 1_065_535],
    [2_345_678, 3_394_253],
    [content.length - 10, content.length - 1],
  ] as const) {
    const part = await ask(port, link, { Range: `bytes=${first}-${last}` })
    expect(
      `the range ${first}-${last}`,
      part.status === 206 &&
        part.headers['content-range'] === `bytes ${first}-${last}/${content.length}` &&
        part.body.equals(content.subarray(first, last + 1)),
    )
  }
  const { etag = '' } = whole.headers
  expect('a request for all, without a tag,', etag !== '')
  const current = await ask(port, link, { 'If-None-Match': etag })
  expect('a current tag', current.status === 304 && current.body.length === 0)
  if (contender.checksSignature) {
    expect('a forged link', (await ask(port, contender.makeLink(id, inAnHour(), true))).status === 403)
    const expired = contender.makeLink(id, Math.floor(Date.now() / 1000) - 60)
    expect('an expired link', (await ask(port, expired)).status === 403)
  }
  return etag
}

function ask(port: number, path: string, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    get({ port, host: '127.0.0.1', path, headers, agent: false }, res => {
      res
        .toArray()
        .then((chunks: Buffer[]) => {
          resolve({ status: res.statusCode, headers: res.headers, body: Buffer.concat(chunks) })
        })
        .catch(reject)
    }).on('error', reject)
  })
}
