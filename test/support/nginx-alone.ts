/** Writes the configuration of `demo/deploy/nginx-alone` for a directory of tracks and a port of loopback. */
import { Buffer } from 'node:buffer'
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

export const DEPLOYED_ALONE = join(__dirname, '../../demo/deploy/nginx-alone')

export interface NginxAlone {
  /** Absolute, and readable by everybody if nginx is started by root. */
  readonly dir: string
  /** Where it listens on 127.0.0.1, in plain HTTP. */
  readonly port: number
  /** Text is taken as its UTF-8 bytes. */
  readonly secrets: readonly (string | Uint8Array)[]
  /** Where Node listens on 127.0.0.1; nobody by default. */
  readonly nodePort?: number | undefined
  /** Seconds. */
  readonly clockTolerance?: number | undefined
  /** Seconds. */
  readonly maxTtl?: number | undefined
  /** A variable of nginx that says what time it is, in seconds since the epoch. */
  readonly now?: string | undefined
  /** Changes `verify.js`, to see what nginx does if it fails. */
  readonly spoil?: ((verifier: string) => string) | undefined
  /** @defaultValue true */
  readonly accessLog?: boolean | undefined
  /** Lines that nginx.conf has besides, such as `user root;`. */
  readonly main?: string | undefined
  /** Lines that `http` has besides, such as `tcp_nopush on;`. */
  readonly http?: string | undefined
  /** @defaultValue 1 */
  readonly workers?: number | undefined
}

/**
 * Writes all that `nginx -p home -c nginx.conf -e stderr` needs below `home`.
 *
 * @throws if the deployed file lacks a line that is to be replaced
 */
export function writeNginxAlone(home: string, settings: NginxAlone): void {
  const { accessLog = true, main = '', http = '', spoil = (text: string) => text } = settings
  const { dir, port, secrets, nodePort = 1, clockTolerance = 0, maxTtl, now } = settings
  const replacements: readonly (readonly [string, string])[] = [
    ['/etc/nginx/signed-stream', home],
    ['js_var $signed_stream_clock_tolerance 0;', `js_var $signed_stream_clock_tolerance ${clockTolerance};`],
    ['js_var $signed_stream_max_ttl off;', `js_var $signed_stream_max_ttl ${maxTtl ?? 'off'};`],
    ['js_var $signed_stream_now $msec;', `js_var $signed_stream_now ${now ?? '$msec'};`],
    ['server 127.0.0.1:8082 max_fails=0;', `server 127.0.0.1:${nodePort} max_fails=0;`],
    ['listen 443 ssl http2;\n  listen [::]:443 ssl http2;', `listen 127.0.0.1:${port};`],
    ['  ssl_certificate /etc/letsencrypt/live/audio.example.com/fullchain.pem;\n', ''],
    ['  ssl_certificate_key /etc/letsencrypt/live/audio.example.com/privkey.pem;\n', ''],
    ['root /srv/audio;', `root ${dir};`],
    [
      'access_log /var/log/nginx/signed-stream.log signed_stream;',
      accessLog ? `access_log ${home}/signed-stream.log signed_stream;` : 'access_log off;',
    ],
    ['/var/log/nginx/', `${home}/`],
  ]
  const deployed = readFileSync(join(DEPLOYED_ALONE, 'nginx.conf'), 'utf8')
  const configuration = replacements.reduce((text, [found, replacement]) => {
    if (!text.includes(found)) throw new Error(`Cannot test nginx-alone/nginx.conf: it lacks ${found}`)
    return text.replaceAll(found, () => replacement)
  }, deployed)
  writeFileSync(join(home, 'signed-stream.conf'), configuration)

  const encoded = secrets.map(secret => `base64:${Buffer.from(secret).toString('base64')}`)
  const secretsFile = join(home, 'secrets.conf')
  writeFileSync(secretsFile, `js_var $signed_stream_secrets "${encoded.join(' ')}";\n`)
  chmodSync(secretsFile, 0o600)

  const verifier = spoil(readFileSync(join(DEPLOYED_ALONE, 'verify.js'), 'utf8'))
  writeFileSync(join(home, 'verify.js'), verifier)
  mkdirSync(join(home, 'temporary'))
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
  writeFileSync(
    join(home, 'nginx.conf'),
    `load_module /usr/lib/nginx/modules/ngx_http_js_module.so;
daemon off;
${main}
worker_processes ${settings.workers ?? 1};
worker_rlimit_nofile 16384;
pid ${home}/nginx.pid;
error_log stderr notice;
events { worker_connections 4096; }
http {
  ${temporary.map(kind => `${kind}_temp_path ${home}/temporary/${kind};`).join('\n  ')}
  types_hash_max_size 2048;
  gzip on;
  ${http}
  include ${home}/signed-stream.conf;
}
`,
  )
}
