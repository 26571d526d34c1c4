/** Servers of Node: ours, the floors, and peers that are packages. `servers/serve.ts` is their program. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { hmacLink, SECRET } from '../load/links'
import { compileProject } from '../servers/compile'
import { certificateIn } from './certificate'
import type { Contender } from './contender'

/** What a server of Node speaks: TLS with HTTP/1.1, or with HTTP/2 too. */
export type Speech = 'http' | 'https' | 'h2'

interface NodeServer extends Pick<Contender, 'name' | 'label' | 'role' | 'checksSignature'> {
  /** Of `servers/servers.ts`, or the path of a module. @defaultValue the name */
  readonly program?: string
  /** The program of Node. @defaultValue the one that runs this */
  readonly node?: string
}

const PEERS = join(__dirname, '..', 'peers')

const BARE = { name: 'bare', label: 'our handler on node:http', role: 'ours', checksSignature: true } as const
const FLOOR = { name: 'floor', label: 'floor: node:http', role: 'floor', checksSignature: false } as const

export function ours(speech: Speech = 'http', changes: Partial<NodeServer> = {}): Contender {
  return nodeServer({ ...BARE, label: labelOf(BARE.label, speech), ...changes }, speech)
}

/** The same fields and bytes from one Buffer for each track, and no checks. */
export function floor(speech: Speech = 'http'): Contender {
  return nodeServer({ ...FLOOR, label: labelOf(FLOOR.label, speech) }, speech)
}

export function oursInExpress(): Contender {
  const label = 'our router in Express 5, before helmet and cors'
  return nodeServer({ name: 'express', label, role: 'ours', checksSignature: true })
}

export function floorInExpress(): Contender {
  const label = 'floor: Express 5, before helmet and cors'
  return nodeServer({ name: 'floor-express', label, role: 'floor', checksSignature: false })
}

/** None if their packages are not installed. */
export function nodePeers(): readonly Contender[] {
  if (!existsSync(join(PEERS, 'node_modules'))) return []
  const peers = [
    ['send-file', 'Express 5, helmet, cors, HMAC and res.sendFile', true],
    ['send', 'send on node:http, no signature', false],
    ['sirv', 'sirv on node:http, no signature', false],
    ['fastify-static', '@fastify/static, no signature', false],
  ] as const
  return peers.map(([name, label, checksSignature]) =>
    nodeServer({ name, label, role: 'peer', checksSignature, program: join(PEERS, `${name}.js`) }),
  )
}

/** The command that serves `dir` by one of our programs. */
export function serveCommand(program: string, dir: string, ...more: readonly string[]): readonly string[] {
  return [join(compileProject(), 'test/bench/servers/serve.js'), program, dir, SECRET, ...more]
}

function nodeServer(server: NodeServer, speech: Speech = 'http'): Contender {
  const { name, label, role, checksSignature, program = name, node = process.execPath } = server
  const scheme = speech === 'http' ? 'http' : 'https'
  return {
    ...{ name, label, role, scheme, checksSignature },
    makeLink: hmacLink,
    start: ({ dir, workspace, launch }) => {
      const { key, cert } = speech === 'http' ? { key: '', cert: '' } : certificateIn(workspace)
      const command = [node, ...serveCommand(program, dir, speech, key, cert)]
      return launch({ command, environment: { NODE_ENV: 'production' } })
    },
  }
}

function labelOf(label: string, speech: Speech): string {
  return label.replace('node:http', { http: 'node:http', https: 'node:https', h2: 'node:http2' }[speech])
}
