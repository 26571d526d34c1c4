/** Real proxies with the configurations of `docs/recipes/offload.md`, with the addresses and paths of a test. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { accepts } from '../support/accepts'
import { eventually } from '../support/eventually'
import { freePort } from '../support/free-ports'
import { runNginxServers } from './nginx-process'

const RECIPE = join(__dirname, '../recipes/offload')
const MODULES = '/usr/lib/apache2/modules'

export interface Proxy extends AsyncDisposable {
  readonly port: number
}

/** What a proxy needs: the server behind it, the tracks, and a directory for its own files. */
export interface Place {
  readonly upstreamPort: number
  readonly tracks: string
  readonly home: string
}

export type StartProxy = (place: Place) => Promise<Proxy>

export async function startNginx(place: Place): Promise<Proxy> {
  const port = await freePort()
  const { stop } = await runNginxServers(place.home, configuration('nginx.conf', place, port))
  return { port, [Symbol.asyncDispose]: stop }
}

export async function startApache(place: Place): Promise<Proxy> {
  const port = await freePort()
  const modules = [
    ['mpm_event', 'mod_mpm_event'],
    ['authz_core', 'mod_authz_core'],
    ['proxy', 'mod_proxy'],
    ['proxy_http', 'mod_proxy_http'],
    ['headers', 'mod_headers'],
    ['xsendfile', 'mod_xsendfile'],
  ].map(([name, file]) => `LoadModule ${name}_module ${MODULES}/${file}.so`)
  const own = [
    `ServerRoot ${place.home}`,
    'ServerName localhost',
    `PidFile ${place.home}/apache.pid`,
    `ErrorLog ${place.home}/apache.log`,
    `Mutex file:${place.home}`,
    'User nobody',
    'Group nogroup',
  ]
  const file = join(place.home, 'apache.conf')
  writeFileSync(file, [...modules, ...own, configuration('apache.conf', place, port)].join('\n'))
  return run(port, 'apache2', ['-f', file, '-DFOREGROUND'])
}

export async function startLighttpd(place: Place): Promise<Proxy> {
  const port = await freePort()
  const file = join(place.home, 'lighttpd.conf')
  writeFileSync(file, configuration('lighttpd.conf', place, port))
  return run(port, 'lighttpd', ['-D', '-f', file])
}

export async function startCaddy(place: Place): Promise<Proxy> {
  const port = await freePort()
  const file = join(place.home, 'Caddyfile')
  writeFileSync(file, `{\n  admin off\n  auto_https off\n}\n${configuration('Caddyfile', place, port)}`)
  const home = { XDG_DATA_HOME: place.home, XDG_CONFIG_HOME: place.home }
  return run(port, 'caddy', ['run', '--adapter', 'caddyfile', '--config', file], home)
}

function configuration(name: string, { upstreamPort, tracks }: Place, port: number): string {
  return readFileSync(join(RECIPE, name), 'utf8')
    .replaceAll('8080', String(port))
    .replaceAll('8082', String(upstreamPort))
    .replaceAll('/srv/audio', tracks)
}

async function run(
  port: number,
  command: string,
  args: readonly string[],
  environment: NodeJS.ProcessEnv = {},
): Promise<Proxy> {
  const child = spawn(command, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...environment },
  })
  const said: Buffer[] = []
  for (const output of [child.stdout, child.stderr]) output.on('data', (piece: Buffer) => said.push(piece))
  await eventually(() => {
    if (child.exitCode !== null) throw new Error('It ended')
    return accepts(port)
  }, 'it accepts connections').catch((error: unknown) => {
    throw new Error(`${command} does not start:\n${Buffer.concat(said).toString()}`, { cause: error })
  })
  async function stop(): Promise<void> {
    if (child.exitCode !== null) return
    const exited = once(child, 'exit')
    child.kill()
    await exited
  }
  return { port, [Symbol.asyncDispose]: stop }
}
