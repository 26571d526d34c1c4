/**
 * nginx as its documents advise for files: one worker, `sendfile` and `tcp_nopush`, open files remembered; with TLS,
 * where `sendfile` cannot work, large `output_buffers`, sessions remembered, and large frames of HTTP/2.
 */
import { CIPHER, type CertificateFiles } from './certificate'

export interface NginxSettings {
  readonly workspace: string
  readonly port: number
  readonly certificate?: CertificateFiles
  /** Directives at the top, such as `load_module`. */
  readonly top?: string
  /** Directives of `http`. */
  readonly http?: string
  /** Directives of the server: its locations. */
  readonly server: string
}

export function nginxConfig({ workspace, port, certificate, top, http, server }: NginxSettings): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map(kind => `${kind}_temp_path ${workspace}/nginx-${kind};`)
    .join('\n  ')
  return `
${top ?? ''}
${process.getuid?.() === 0 ? 'user root;' : ''}
daemon off;
worker_processes 1;
pid ${workspace}/nginx-${port}.pid;
error_log stderr crit;
events { worker_connections 30000; }
http {
  ${temporary}
  access_log off;
  default_type audio/mpeg;
  sendfile on;
  tcp_nopush on;
  keepalive_requests 1000000000;
  keepalive_timeout 1h;
  send_timeout 1h;
  open_file_cache max=256 inactive=10s;
  open_file_cache_valid 1s;
  ${http ?? ''}
  server {
    listen 127.0.0.1:${port} ${certificate === undefined ? '' : 'ssl http2'} backlog=4096;
    ${certificate === undefined ? '' : encryption(certificate)}
    ${server}
  }
}
`
}

function encryption({ key, cert }: CertificateFiles): string {
  return `
    ssl_certificate ${cert};
    ssl_certificate_key ${key};
    ssl_protocols TLSv1.3;
    ssl_conf_command Ciphersuites ${CIPHER};
    ssl_session_cache shared:TLS:10m;
    ssl_session_timeout 1h;
    output_buffers 2 512k;
    http2_chunk_size 64k;
    http2_max_concurrent_streams 256;`
}
