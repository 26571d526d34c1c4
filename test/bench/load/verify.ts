/** A comparison is fair if all serve the same: each server's bytes are compared with the files before it is measured. */
import { readFileSync } from 'node:fs'
import { get, type IncomingHttpHeaders } from 'node:http'
import { get as getEncrypted } from 'node:https'
import { join } from 'node:path'
import type { Library } from './library'
import { inAnHour } from './links'
import type { RunningServer } from '../measure/running'

interface Response {
  readonly status: number | undefined
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

/**
 * @returns the entity tag of the first track
 * @throws Error that names the server, if one of its responses is wrong
 */
export async function verifyServer(server: RunningServer, { dir, ids }: Library): Promise<string> {
  const { contender } = server
  const [id = ''] = ids
  const content = readFileSync(join(dir, `${id}.mp3`))
  const link = contender.makeLink(id, inAnHour())

  function expect(what: string, isTrue: boolean): void {
    if (!isTrue) throw new Error(`${contender.label} responds wrongly to ${what}`)
  }

  const whole = await ask(server, link)
  expect('a request for all', whole.status === 200 && whole.body.equals(content))
  for (const [first, last] of [
    [0, 1],
    [1_000_000, 1_065_535],
    [2_345_678, 3_394_253],
    [content.length - 10, content.length - 1],
  ] as const) {
    const part = await ask(server, link, { Range: `bytes=${first}-${last}` })
    expect(
      `the range ${first}-${last}`,
      part.status === 206 &&
        part.headers['content-range'] === `bytes ${first}-${last}/${content.length}` &&
        part.body.equals(content.subarray(first, last + 1)),
    )
  }
  const { etag = '' } = whole.headers
  expect('a request for all, without a tag,', etag !== '')
  const current = await ask(server, link, { 'If-None-Match': etag })
  expect('a current tag', current.status === 304 && current.body.length === 0)
  if (contender.checksSignature) {
    expect('a forged link', (await ask(server, contender.makeLink(id, inAnHour(), true))).status === 403)
    const expired = contender.makeLink(id, Math.floor(Date.now() / 1000) - 60)
    expect('an expired link', (await ask(server, expired)).status === 403)
  }
  return etag
}

function ask(
  { contender, origin }: RunningServer,
  path: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<Response> {
  return new Promise((resolve, reject) => {
    const request = contender.scheme === 'http' ? get : getEncrypted
    // The certificate is our own.
    request(origin + path, { headers, agent: false, rejectUnauthorized: false }, res => {
      res
        .toArray()
        .then((chunks: Buffer[]) => {
          resolve({ status: res.statusCode, headers: res.headers, body: Buffer.concat(chunks) })
        })
        .catch(reject)
    }).on('error', reject)
  })
}
