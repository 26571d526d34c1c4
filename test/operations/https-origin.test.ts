/** Tracks at an origin with TLS. */
import { httpSource } from 'express-signed-stream/http'
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { Agent, createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { makeEnder } from '../support/at-the-end'
import { failureOf, openKnown, openTrack, readPrefix } from '../source/ranged/ranged'

const atTheEnd = makeEnder()

/** Key and certificate, one after the other. */
function makeCertificate(): string {
  const options =
    'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost -keyout -'
  const args = [...options.split(' '), '-addext', 'subjectAltName=IP:127.0.0.1']
  return execFileSync('openssl', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
}

let certificate: string
let origin: string
beforeAll(async () => {
  certificate = makeCertificate()
  const server = createServer({ key: certificate, cert: certificate }, (_req, res) => {
    res.writeHead(206, { etag: '"1"', 'content-range': 'bytes 0-4/5', 'content-type': 'audio/mpeg' })
    res.end('hello')
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  atTheEnd(() => {
    server.close().closeAllConnections()
  })
  origin = `https://127.0.0.1:${(server.address() as AddressInfo).port}/a`
})

describe('httpSource over TLS', () => {
  it('reads from an origin whose certificate the agent of the app trusts', async () => {
    const agent = new Agent({ ca: certificate, keepAlive: true })
    const track = await openKnown(httpSource({ url: () => origin, agent }), 'any')
    expect((await readPrefix(track))?.toString()).toBe('hello')
    agent.destroy()
  })

  it('does not read from an origin with a certificate that nobody vouches for', async () => {
    const failure = await failureOf(openTrack(httpSource({ url: () => origin }), 'any'))
    expect(failure).toMatchObject({ kind: 'unavailable', causes: 'self-signed certificate' })
  })
})
