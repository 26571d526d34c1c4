/**
 * One of the servers of Node in a process of its own: `serve.ts NAME DIR SECRET`, where NAME is one of ours or the path
 * of a module that makes a listener. Says its port to its parent.
 */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { SERVERS, type MakeListener } from './servers'

async function main(): Promise<void> {
  const [, , name = '', dir = '', secret = ''] = process.argv
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- the peers are packages of a project of their own
  const make = SERVERS[name] ?? (require(name) as MakeListener)
  const server = createServer(await make(dir, secret))
  server.keepAliveTimeout = 3_600_000
  server.listen(0, '127.0.0.1', 65_535, () => process.send?.((server.address() as AddressInfo).port))
}

process.on('disconnect', () => {
  process.exit()
})
// For a profile, which is written only at an orderly end.
process.on('SIGTERM', () => {
  process.exit()
})
void main()
