/** A real nginx with the configuration of `demo/deploy/nginx-alone`, and a Node for the links with terms. */
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { freePort } from '../support/free-ports'
import { writeNginxAlone, type NginxAlone as Settings } from '../support/nginx-alone'
import { runNginx } from './nginx-process'

export interface NginxAlone extends AsyncDisposable {
  readonly port: number
  /** Ends it, so that all is written. */
  readonly stop: () => Promise<{ readonly access: string; readonly error: string }>
}

export async function startNginxAlone(settings: Omit<Settings, 'port'>): Promise<NginxAlone> {
  const home = mkdtempSync(join(tmpdir(), 'nginx-alone-'))
  const port = await freePort()
  // Of whoever runs the tests; nginx runs as somebody else if that is root.
  chmodSync(settings.dir, 0o755)
  writeNginxAlone(home, { ...settings, port })
  const nginx = await runNginx(home)

  async function stop(): Promise<{ access: string; error: string }> {
    await nginx.stop()
    return {
      access: readFileSync(join(home, 'signed-stream.log'), 'utf8'),
      error: readFileSync(join(home, 'signed-stream-error.log'), 'utf8'),
    }
  }
  async function close(): Promise<void> {
    await nginx.stop()
    rmSync(home, { recursive: true })
  }
  return { port, stop, [Symbol.asyncDispose]: close }
}

export interface RawRequest {
  readonly method?: string
  /** Each a whole line. */
  readonly fields?: readonly string[]
}

export interface RawResponse {
  /** 0 if the connection closed without a response. */
  readonly status: number
  /** In the order and the case in which they were sent. */
  readonly fields: readonly (readonly [string, string])[]
  readonly body: string
}

/** Milliseconds of silence after which a server hangs. */
const PATIENCE = 5000

/** Sends a request byte for byte, each character a byte, on a connection of its own. */
export async function sendRaw(
  port: number,
  target: string,
  { method = 'GET', fields = [] }: RawRequest = {},
): Promise<RawResponse> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true })
  const lines = [`${method} ${target} HTTP/1.1`, 'Host: localhost', 'Connection: close', ...fields, '', '']
  socket.write(lines.join('\r\n'), 'latin1')
  socket.setEncoding('latin1')
  socket.setTimeout(PATIENCE, () => socket.destroy())
  const received = await text(socket).catch(() => '')
  const [head = '', ...rest] = received.split('\r\n\r\n')
  const [statusLine = '', ...fieldLines] = head.split('\r\n')
  return {
    status: Number(/^HTTP\/1\.1 (\d{3}) /.exec(statusLine)?.[1] ?? 0),
    fields: fieldLines.map(line => {
      const [, name = '', value = ''] = /^([^:]+): ?(.*)$/.exec(line) ?? []
      return [name.toLowerCase(), value] as const
    }),
    body: rest.join('\r\n\r\n'),
  }
}
