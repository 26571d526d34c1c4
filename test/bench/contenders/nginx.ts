/** nginx that checks links by `secure_link`, which knows only MD5. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { freePort } from '../../support/free-ports'
import { md5Link, SECRET } from '../load/links'
import { hasCommand } from '../measure/machine'
import { certificateIn } from './certificate'
import type { Contender, Place } from './contender'
import { nginxConfig, type NginxSettings } from './nginx-config'

/**
 * None if nginx is not installed.
 *
 * @param http more directives
 */
export function nginx(scheme: Contender['scheme'] = 'http', http = ''): readonly Contender[] {
  if (!hasNginx()) return []
  const contender: Contender = {
    name: 'nginx',
    label: 'nginx and secure_link (MD5)',
    role: 'peer',
    scheme,
    checksSignature: true,
    makeLink: md5Link,
    start: place => {
      const certificate = scheme === 'http' ? {} : { certificate: certificateIn(place.workspace) }
      return launchNginx(place, { ...certificate, http, server: secureLink(place.dir) })
    },
  }
  return [contender]
}

export function hasNginx(): boolean {
  return hasCommand('nginx', '-v')
}

export async function launchNginx(
  { workspace, launch }: Place,
  settings: Omit<NginxSettings, 'workspace' | 'port'>,
): Promise<number> {
  const port = await freePort()
  const config = join(workspace, `nginx-${port}.conf`)
  writeFileSync(config, nginxConfig({ workspace, port, ...settings }))
  return launch({ command: ['nginx', '-p', workspace, '-e', 'stderr', '-c', config], port })
}

function secureLink(dir: string): string {
  return `
    location ~ ^/stream/(?<id>[A-Za-z0-9_-]+)$ {
      secure_link $arg_sig,$arg_expires;
      secure_link_md5 "$id|$secure_link_expires ${SECRET}";
      if ($secure_link = "") { return 403; }
      if ($secure_link = "0") { return 403; }
      alias ${dir}/$id.mp3;
    }`
}
