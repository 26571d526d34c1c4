/** A certificate for the names of loopback, as short-lived as a test. */
import { createHash, createPublicKey } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { makeWorkshop, runWell } from '../support/installed-program'

export interface Certificate {
  readonly key: string
  readonly cert: string
  /** SHA-256 of the public key in Base64, by which Chromium can be told to take it. */
  readonly keyHash: string
}

export async function makeCertificate(): Promise<Certificate> {
  const room = makeWorkshop()
  try {
    const keys = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', 'key.pem']
    const names = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1']
    const args = ['req', '-x509', '-days', '2', ...keys, ...names, '-out', 'cert.pem']
    await runWell('openssl', args, { cwd: room.path })
    const [key, cert] = ['key.pem', 'cert.pem'].map(name => readFileSync(room.file(name), 'utf8')) as [
      string,
      string,
    ]
    const publicKey = createPublicKey(cert).export({ type: 'spki', format: 'der' })
    return { key, cert, keyHash: createHash('sha256').update(publicKey).digest('base64') }
  } finally {
    room.remove()
  }
}
