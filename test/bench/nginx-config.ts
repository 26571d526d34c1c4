/** nginx as its manual advises for files: one worker, sendfile, open files remembered, links checked by secure_link. */
import { SECRET } from './links'

export function nginxConfig(workspace: string, dir: string, port: number): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map(kind => `${kind}_temp_path ${workspace}/nginx-${kind};`)
    .join('\n  ')
  return `
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
  server {
    listen 127.0.0.1:${port} backlog=4096;
    location ~ ^/stream/(?<id>[A-Za-z0-9_-]+)$ {
      secure_link $arg_sig,$arg_expires;
      secure_link_md5 "$id|$secure_link_expires ${SECRET}";
      if ($secure_link = "") { return 403; }
      if ($secure_link = "0") { return 403; }
      alias ${dir}/$id.mp3;
    }
  }
}
`
}
