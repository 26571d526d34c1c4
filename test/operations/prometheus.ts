/** Debian's Prometheus: its checks, and a server that scrapes one app. */
import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '../support/free-ports'

/** @returns what promtool found, with its exit code */
export function promtool(args: readonly string[], input = ''): { code: number | null; said: string } {
  const { status, stdout, stderr, error } = spawnSync('promtool', args, { input, encoding: 'utf8' })
  if (error !== undefined) throw error
  return { code: status, said: stdout + stderr }
}

export interface Prometheus extends AsyncDisposable {
  /** The values that a query finds now. */
  query(expression: string): Promise<number[]>
}

/** Scrapes `/metrics` of `port` each second, as the job `audio`. */
export async function startPrometheus(port: number): Promise<Prometheus> {
  const directory = mkdtempSync(join(tmpdir(), 'prometheus-'))
  const configuration = join(directory, 'prometheus.yml')
  writeFileSync(
    configuration,
    JSON.stringify({
      global: { scrape_interval: '1s' },
      scrape_configs: [{ job_name: 'audio', static_configs: [{ targets: [`127.0.0.1:${port}`] }] }],
    }),
  )
  const own = await freePort()
  const child = spawn(
    'prometheus',
    [
      `--config.file=${configuration}`,
      `--storage.tsdb.path=${join(directory, 'data')}`,
      `--web.listen-address=127.0.0.1:${own}`,
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  )
  let log = ''
  child.stderr.on('data', chunk => (log += String(chunk)))
  const exited = once(child, 'exit')

  async function stop(): Promise<void> {
    child.kill()
    await exited
    rmSync(directory, { recursive: true, force: true })
  }
  while (!log.includes('Server is ready to receive web requests')) {
    await Promise.race([once(child.stderr, 'data'), exited])
    if (child.exitCode === null) continue
    await stop()
    throw new Error(`Prometheus does not start:\n${log}`)
  }

  async function query(expression: string): Promise<number[]> {
    const url = `http://127.0.0.1:${own}/api/v1/query?${new URLSearchParams({ query: expression }).toString()}`
    const answer = (await (await fetch(url)).json()) as Answer
    if (answer.status !== 'success') throw new Error(`${expression}: ${String(answer.error)}`)
    return answer.data.result.map(({ value: [, value] }) => Number(value))
  }
  return { query, [Symbol.asyncDispose]: stop }
}

interface Answer {
  readonly status: string
  readonly error?: string
  readonly data: { readonly result: readonly { readonly value: readonly [number, string] }[] }
}
