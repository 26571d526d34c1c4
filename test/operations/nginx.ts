/** A real nginx with the configuration of `demo/deploy`, in front of a server of ours. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePorts } from '../support/free-ports'
import { runNginx } from './nginx-process'

const DEPLOYED = join(__dirname, '../../demo/deploy/nginx.conf')

/** Where it listens. */
interface Ports {
  /** What is deployed on 443, in plain HTTP for clients that send bytes of their own. */
  readonly port: number
  /** The same, by TLS with a certificate of its own. */
  readonly tlsPort: number
  /** What is deployed on 80. */
  readonly redirectPort: number
}

export interface Nginx extends Ports, AsyncDisposable {
  /** Ends it, so that all is written. */
  readonly stop: () => Promise<Logs>
}

export interface Logs {
  readonly access: string
  readonly error: string
}

/** @param upstreamPorts where the instances of the app listen */
export async function startNginx(...upstreamPorts: readonly number[]): Promise<Nginx> {
  const home = mkdtempSync(join(tmpdir(), 'nginx-'))
  const ports = await choosePorts()
  writeConfiguration(home, upstreamPorts, ports)
  const nginx = await runNginx(home)

  async function stop(): Promise<Logs> {
    await nginx.stop()
    return {
      access: readFileSync(join(home, 'stream.log'), 'utf8'),
      error: readFileSync(join(home, 'stream-error.log'), 'utf8'),
    }
  }
  async function close(): Promise<void> {
    await stop()
    rmSync(home, { recursive: true })
  }
  return { ...ports, stop, [Symbol.asyncDispose]: close }
}

/** Rejects with what nginx finds wrong with the configuration. */
export async function checkConfiguration(): Promise<void> {
  const home = mkdtempSync(join(tmpdir(), 'nginx-'))
  // It opens the ports, too.
  writeConfiguration(home, [1], await choosePorts())
  try {
    execFileSync('nginx', ['-t', '-q', '-p', home, '-c', 'nginx.conf', '-e', 'stderr'], { stdio: 'pipe' })
  } finally {
    rmSync(home, { recursive: true })
  }
}

/** The file as it is deployed, inside the settings that Debian's nginx.conf has, with addresses and paths of a test. */
function writeConfiguration(home: string, upstreamPorts: readonly number[], ports: Ports): void {
  mkdirSync(join(home, 'tls'))
  const listenTls = `listen 127.0.0.1:${ports.tlsPort} ssl http2;`
  const deployed = [
    [
      'server 127.0.0.1:8082 max_fails=0;',
      upstreamPorts.map(port => `server 127.0.0.1:${port} max_fails=0;`).join('\n'),
    ],
    ['listen 80;\n  listen [::]:80;', `listen 127.0.0.1:${ports.redirectPort};`],
    [
      'listen 443 ssl http2;\n  listen [::]:443 ssl http2;',
      `${listenTls}\n  listen 127.0.0.1:${ports.port};`,
    ],
    ['/etc/letsencrypt/live/audio.example.com/', `${home}/tls/`],
    ['/var/log/nginx/', `${home}/`],
  ].reduce(
    (text, [found = '', replacement = '']) => {
      if (!text.includes(found)) throw new Error(`Cannot test nginx.conf: it lacks ${found}`)
      return text.replaceAll(found, replacement)
    },
    readFileSync(DEPLOYED, 'utf8'),
  )
  writeFileSync(join(home, 'stream.conf'), deployed)

  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
  writeFileSync(
    join(home, 'nginx.conf'),
    `daemon off;
worker_processes 2;
pid ${home}/nginx.pid;
error_log stderr notice;
events { worker_connections 2048; }
http {
  ${temporary.map(kind => `${kind}_temp_path ${home}/${kind};`).join('\n  ')}
  sendfile on;
  tcp_nopush on;
  types_hash_max_size 2048;
  default_type application/octet-stream;
  ssl_protocols TLSv1 TLSv1.1 TLSv1.2 TLSv1.3;
  ssl_prefer_server_ciphers on;
  access_log ${home}/access.log;
  gzip on;
  include ${home}/stream.conf;
}
`,
  )
  const [key, certificate] = [join(home, 'tls/privkey.pem'), join(home, 'tls/fullchain.pem')]
  const made = certificateOnce()
  writeFileSync(key, made.key)
  writeFileSync(certificate, made.certificate)
}

let madeCertificate: { readonly key: string; readonly certificate: string } | undefined

function certificateOnce(): { readonly key: string; readonly certificate: string } {
  if (madeCertificate !== undefined) return madeCertificate
  const made = execFileSync(
    'openssl',
    [
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'],
      ...[
        '-subj',
        '/CN=audio.example.com',
        '-addext',
        'subjectAltName=DNS:audio.example.com',
        '-keyout',
        '-',
      ],
    ],
    { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] },
  )
  const start = made.indexOf('-----BEGIN CERTIFICATE')
  madeCertificate = { key: made.slice(0, start), certificate: made.slice(start) }
  return madeCertificate
}

/** Three ports that were free a moment ago. */
async function choosePorts(): Promise<Ports> {
  const [port = 0, tlsPort = 0, redirectPort = 0] = await freePorts(3)
  return { port, tlsPort, redirectPort }
}
