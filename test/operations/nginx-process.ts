/** Runs a real nginx with all that it needs in one directory, its `nginx.conf` among it. */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { chownSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

/** Of Debian, where nothing else is there. */
const NOBODY = 65_534

export interface NginxProcess {
  /** Of the master. */
  readonly pid: number
  /** Ends it, so that all is written. May be called again. */
  readonly stop: () => Promise<void>
}

/** Runs it with nothing but `servers`, the blocks of a recipe. */
export async function runNginxServers(home: string, servers: string): Promise<NginxProcess> {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map(name => `${name}_temp_path ${home}/${name};`)
    .join('\n')
  writeFileSync(
    join(home, 'nginx.conf'),
    `daemon off; pid nginx.pid; error_log stderr notice; events {} http { access_log off; ${temporary}\n${servers} }`,
  )
  return runNginx(home)
}

/** Resolves when a worker of it accepts; rejects with all that nginx said if it ends instead. */
export async function runNginx(home: string): Promise<NginxProcess> {
  const child = spawn('nginx', ['-p', home, '-c', 'nginx.conf', '-e', 'stderr'], {
    ...identity(home),
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const exited = once(child, 'exit')
  await untilReady(child)
  async function stop(): Promise<void> {
    child.kill()
    await exited
  }
  return { pid: child.pid ?? 0, stop }
}

/** Started by root, nginx would make workers of another user; here all of it is nobody, as the files are. */
function identity(home: string): { readonly uid?: number; readonly gid?: number } {
  if (process.geteuid?.() !== 0) return {}
  for (const path of ['', ...readdirSync(home, { recursive: true, encoding: 'utf8' })]) {
    chownSync(join(home, path), NOBODY, NOBODY)
  }
  return { uid: NOBODY, gid: NOBODY }
}

/** @throws with all that nginx said where it ends instead */
async function untilReady(child: ChildProcess): Promise<void> {
  if (child.stderr === null) throw new Error('nginx has no standard error')
  const said: string[] = []
  for await (const line of createInterface(child.stderr)) {
    said.push(line)
    if (line.includes('start worker process ')) break
  }
  if (child.exitCode !== null || !said.some(line => line.includes('start worker process '))) {
    throw new Error(`nginx does not start:\n${said.join('\n')}`)
  }
  child.stderr.resume()
}
