/** The certificate of the servers that encrypt: RSA, as most are. */
import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'

export interface CertificateFiles {
  readonly key: string
  readonly cert: string
}

/** The one cipher of all servers, so that none is measured by its choice. */
export const CIPHER = 'TLS_AES_128_GCM_SHA256'

/** @returns the paths of the files, which are made once for a workspace */
export function certificateIn(workspace: string): CertificateFiles {
  const files = { key: join(workspace, 'key.pem'), cert: join(workspace, 'cert.pem') }
  if (!existsSync(files.cert)) {
    const [name, keys] = [
      ['-subj', '/CN=localhost'],
      ['-newkey', 'rsa:2048', '-nodes'],
    ]
    const out = ['-keyout', files.key, '-out', files.cert]
    execFileSync('openssl', ['req', '-x509', '-days', '2', ...name, ...keys, ...out], { stdio: 'ignore' })
  }
  return files
}
