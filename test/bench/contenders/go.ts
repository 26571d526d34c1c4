/** Go's `http.ServeContent` behind an HMAC check, with HTTP/2 if it encrypts. */
import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { hmacLink, SECRET } from '../load/links'
import { hasCommand } from '../measure/machine'
import { certificateIn } from './certificate'
import type { Contender } from './contender'

const SOURCE = join(__dirname, '..', 'peers', 'serve-content.go')

/** None if Go is not installed. */
export function go(scheme: Contender['scheme'] = 'http'): readonly Contender[] {
  if (!hasCommand('go', 'version')) return []
  const contender: Contender = {
    name: 'go',
    label: 'Go http.ServeContent + HMAC',
    role: 'peer',
    scheme,
    checksSignature: true,
    makeLink: hmacLink,
    start: ({ dir, workspace, launch }) => {
      const { key, cert } = scheme === 'http' ? { key: '', cert: '' } : certificateIn(workspace)
      // One core: more threads only get in each other's way there.
      return launch({ command: [build(workspace), dir, SECRET, key, cert], environment: { GOMAXPROCS: '1' } })
    },
  }
  return [contender]
}

function build(workspace: string): string {
  const binary = join(workspace, 'serve-content')
  if (!existsSync(binary)) {
    execFileSync('go', ['build', '-o', binary, SOURCE], { env: { ...process.env, GO111MODULE: 'off' } })
  }
  return binary
}
