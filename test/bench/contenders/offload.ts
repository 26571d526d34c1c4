/** nginx as the byte path: Node decides and nginx sends (X-Accel-Redirect), or nginx does both (njs). */
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { freePort } from '../../support/free-ports'
import { writeNginxAlone } from '../../support/nginx-alone'
import { hmacLink, SECRET } from '../load/links'
import { PROXY_TOKEN } from '../servers/servers'
import type { Contender } from './contender'
import { hasNginx, launchNginx } from './nginx'
import { serveCommand } from './node'

const NJS_MODULE = '/usr/lib/nginx/modules/ngx_http_js_module.so'

/** None if nginx, or its module for the second, is not installed. */
export function offloaded(): readonly Contender[] {
  if (!hasNginx()) return []
  return [
    {
      ...common('x-accel', 'Node verifies, nginx sends (X-Accel-Redirect)'),
      start: async place => {
        const { dir, launch } = place
        const command = [process.execPath, ...serveCommand('x-accel', dir)]
        const port = await launch({ command, environment: { NODE_ENV: 'production' } })
        return launchNginx(place, {
          http: `upstream node { server 127.0.0.1:${port}; keepalive 64; }`,
          server: `
    location /stream/ {
      proxy_pass http://node;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header X-Offload ${PROXY_TOKEN};
    }
    location /tracks/ {
      internal;
      alias ${dir}/;
    }`,
        })
      },
    },
    ...(existsSync(NJS_MODULE) ? [nginxAlone()] : []),
  ]
}

/** The configuration of demo/deploy, as it is. */
function nginxAlone(): Contender {
  return {
    ...common('njs', 'nginx alone, verifies by njs'),
    start: async ({ dir, workspace, launch }) => {
      const port = await freePort()
      const home = mkdtempSync(join(workspace, 'alone-'))
      writeNginxAlone(home, {
        ...{ dir, port, secrets: [SECRET], accessLog: false },
        main: process.getuid?.() === 0 ? 'user root;' : '',
        http: 'tcp_nopush on; keepalive_requests 1000000000; keepalive_timeout 1h;',
      })
      const file = join(home, 'nginx.conf')
      writeFileSync(file, readFileSync(file, 'utf8').replace('stderr notice', 'stderr crit'))
      return launch({ command: ['nginx', '-p', home, '-c', 'nginx.conf', '-e', 'stderr'], port })
    },
  }
}

function common(name: string, label: string): Omit<Contender, 'start'> {
  return { name, label, role: 'ours', scheme: 'http', checksSignature: true, makeLink: hmacLink }
}
