/** The versions of what is compared, and what is missing. */
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { nodePeers } from './node'
import { go } from './go'
import { hasNginx } from './nginx'

const ON_NODE = join(__dirname, '..', '..', '..', '.ci', 'on-node')

export function describePeers(): string {
  const known: string[] = []
  const missing: string[] = []
  if (hasNginx()) known.push(`nginx ${firstVersion('nginx -v 2>&1')}`)
  else missing.push('nginx')
  if (go().length > 0) known.push(`Go ${firstVersion('go version')}`)
  else missing.push('Go')
  if (nodePeers().length === 0) missing.push('the packages of Node')
  return [...known, ...(missing.length > 0 ? [`not installed: ${missing.join(', ')}`] : [])].join(', ')
}

/** @returns the path of another version of Node; throws if npm cannot get it */
export function nodeOfVersion(major: string): string {
  return execFileSync(ON_NODE, [major, 'node', '--print', 'process.execPath'], { encoding: 'utf8' }).trim()
}

function firstVersion(command: string): string {
  return /\d+(?:\.\d+)+/.exec(execFileSync('sh', ['-c', command], { encoding: 'utf8' }))?.[0] ?? ''
}
