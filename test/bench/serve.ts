/** One of the servers in a process of its own: `serve.ts NAME DIR SECRET`. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { SERVERS, type MakeListener } from './servers'

async function main(): Promise<void> {
  const [, , name = '', dir = '', secret = ''] = process.argv
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- the peers are packages of a project of their own
  const make = SERVERS[name] ?? (require(join(__dirname, 'peers', `${name}.js`)) as MakeListener)
  const server = createServer(await make(dir, secret))
  server.keepAliveTimeout = 60_000
  server.listen(0, '127.0.0.1', 65_535, () => process.send?.((server.address() as AddressInfo).port))
}

process.on('disconnect', () => {
  process.exit()
})
void main()
