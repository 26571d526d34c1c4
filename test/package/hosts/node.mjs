/** Node's own servers. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import http from 'node:http'
import http2 from 'node:http2'
import https from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** What a host answers to a request that is not ours. */
export function pass(_req, res) {
  return error => {
    res.statusCode = error === undefined ? 404 : 500
    res.end(error === undefined ? 'of the app' : String(error.stack))
  }
}

function selfSigned() {
  const directory = mkdtempSync(join(tmpdir(), 'certificate-'))
  const [key, cert] = ['key.pem', 'cert.pem'].map(name => join(directory, name))
  const request = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  execFileSync(
    'openssl',
    [...request, '-days', '2', '-subj', '/CN=localhost', '-keyout', key, '-out', cert],
    {
      stdio: 'ignore',
    },
  )
  const pair = { key: readFileSync(key), cert: readFileSync(cert) }
  rmSync(directory, { recursive: true })
  return pair
}

function listener(handler) {
  return (req, res) => handler(req, res, pass(req, res))
}

export const hosts = {
  'node:http': (use, { listen }) => listen(http.createServer(listener(use()))),
  'node:https': (use, { listen }) => listen(https.createServer(selfSigned(), listener(use())), 'https'),
  'http2 without TLS': (use, { listen }) => listen(http2.createServer(listener(use())), 'h2c'),
  'http2 over TLS': (use, { listen }) =>
    listen(http2.createSecureServer({ ...selfSigned(), allowHTTP1: true }, listener(use())), 'h2'),
  'http2 over TLS, which a client of HTTP/1.1 uses': (use, { listen }) =>
    listen(http2.createSecureServer({ ...selfSigned(), allowHTTP1: true }, listener(use())), 'https'),
}
