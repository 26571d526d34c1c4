/** Who is measured: our two servers, the floors, and the peers that are installed. */
import { execFileSync } from 'node:child_process'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { freePort } from '../support/free-ports'
import { compileServers } from './compile'
import { hmacLink, md5Link, SECRET, type MakeLink } from './links'
import { hasCommand } from './machine'
import { nginxConfig } from './nginx-config'

export interface Contender {
  readonly name: string
  readonly label: string
  readonly role: 'ours' | 'floor' | 'peer'
  readonly checksSignature: boolean
  readonly makeLink: MakeLink
  /** What starts it; with its port, where it does not say that itself. */
  readonly prepare: (dir: string, workspace: string) => Promise<Launch>
}

export interface Launch {
  readonly command: readonly string[]
  readonly environment?: Readonly<Record<string, string>>
  readonly port?: number
}

const PEERS = join(__dirname, 'peers')

const OURS: readonly Contender[] = [
  node('bare', 'our handler on node:http', 'ours', true),
  node('express', 'our router in Express 5 + cors + helmet', 'ours', true),
  node('floor-bare', 'floor: node:http, from one Buffer', 'floor', false),
  node('floor-express', 'floor: Express 5 + cors + helmet, from one Buffer', 'floor', false),
]

const NODE_PEERS: readonly Contender[] = [
  node('send-file', 'Express 5 + cors + helmet + HMAC + res.sendFile', 'peer', true),
  node('send', 'send on node:http, no signature', 'peer', false),
  node('sirv', 'sirv on node:http, no signature', 'peer', false),
  node('fastify-static', '@fastify/static, no signature', 'peer', false),
]

const OTHER_PEERS: readonly Contender[] = [
  {
    name: 'go',
    label: 'Go http.ServeContent + HMAC',
    role: 'peer',
    checksSignature: true,
    makeLink: hmacLink,
    prepare: (dir, workspace) => Promise.resolve(launchGo(dir, workspace)),
  },
  {
    name: 'nginx',
    label: 'nginx sendfile + secure_link (MD5)',
    role: 'peer',
    checksSignature: true,
    makeLink: md5Link,
    prepare: launchNginx,
  },
]

/** Those that can be started here, and the names of those that cannot. */
export function findContenders(): {
  readonly present: readonly Contender[]
  readonly absent: readonly string[]
} {
  const isInstalled: Readonly<Record<string, boolean>> = {
    go: hasCommand('go', 'version'),
    nginx: hasCommand('nginx', '-v'),
  }
  const hasNodePeers = existsSync(join(PEERS, 'node_modules'))
  const all = [...OURS, ...NODE_PEERS, ...OTHER_PEERS]
  const present = all.filter(peer => isInstalled[peer.name] ?? (OURS.includes(peer) || hasNodePeers))
  return { present, absent: all.filter(peer => !present.includes(peer)).map(({ label }) => label) }
}

/** The versions of what is not Node's own. */
export function describePeers(present: readonly Contender[]): string {
  const versions: string[] = []
  if (present.some(({ name }) => name === 'nginx')) {
    versions.push(
      `nginx ${/nginx\/(\S+)/.exec(execFileSync('sh', ['-c', 'nginx -v 2>&1'], { encoding: 'utf8' }))?.[1] ?? ''}`,
    )
  }
  if (present.some(({ name }) => name === 'go')) {
    versions.push(`Go ${/go(\d\S+)/.exec(execFileSync('go', ['version'], { encoding: 'utf8' }))?.[1] ?? ''}`)
  }
  return versions.join(', ')
}

function node(name: string, label: string, role: Contender['role'], checksSignature: boolean): Contender {
  return {
    name,
    label,
    role,
    checksSignature,
    makeLink: hmacLink,
    prepare: dir => Promise.resolve(launchNode(role === 'peer' ? join(PEERS, `${name}.js`) : name, dir)),
  }
}

let serveScript: string | undefined

function launchNode(name: string, dir: string): Launch {
  serveScript ??= compileServers()
  return {
    command: [process.execPath, serveScript, name, dir, SECRET],
    environment: { NODE_ENV: 'production' },
  }
}

function launchGo(dir: string, workspace: string): Launch {
  const binary = join(workspace, 'serve-content')
  if (!existsSync(binary)) {
    execFileSync('go', ['build', '-o', binary, join(PEERS, 'serve-content.go')], {
      env: { ...process.env, GO111MODULE: 'off' },
    })
  }
  return { command: [binary, dir, SECRET], environment: { GOMAXPROCS: '1' } }
}

async function launchNginx(dir: string, workspace: string): Promise<Launch> {
  const port = await freePort()
  const config = join(workspace, `nginx-${port}.conf`)
  writeFileSync(config, nginxConfig(workspace, dir, port))
  return { command: ['nginx', '-p', workspace, '-e', 'stderr', '-c', config], port }
}
