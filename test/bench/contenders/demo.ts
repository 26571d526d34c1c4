/** The demo server, as it runs in production. */
import { join } from 'node:path'
import { freePort } from '../../support/free-ports'
import { hmacLink, SECRET } from '../load/links'
import type { Role } from '../measure/machine'
import { compileProject } from '../servers/compile'
import type { Contender } from './contender'

/** @param environment what is not the default; `role` is where its processes run */
export function demo(
  name: string,
  label: string,
  environment: Readonly<Record<string, string>> = {},
  role: Role = 'serve',
): Contender {
  return {
    ...{ name, label, role: 'ours', scheme: 'http', checksSignature: true },
    makeLink: hmacLink,
    start: async ({ dir, launch }) => {
      const port = await freePort()
      return launch({
        command: [process.execPath, join(compileProject(), 'demo/dist/server.js')],
        environment: {
          NODE_ENV: 'production',
          SECRET_KEY: SECRET,
          AUDIO_DIR: dir,
          HOST: '127.0.0.1',
          STREAM_SERVER_PORT: String(port),
          DRAIN_TIMEOUT: '1s',
          ...environment,
        },
        port,
        role,
      })
    },
  }
}
