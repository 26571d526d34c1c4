/** Stands in for `test/support/server`: what listens is reached through nginx. */
import type { RequestListener } from 'node:http'
import type * as Direct from '../support/server'
import { startNginx } from './nginx'

const direct = jest.requireActual<typeof Direct>('../support/server')

export const { HOSTS, connectionsOf } = direct

export async function listen(handler: RequestListener): Promise<Direct.RunningServer> {
  const app = await direct.listen(handler)
  const nginx = await startNginx(app.port)
  async function close(): Promise<void> {
    await nginx[Symbol.asyncDispose]()
    await app.close()
  }
  return {
    port: nginx.port,
    origin: `http://127.0.0.1:${nginx.port}`,
    server: app.server,
    close,
    [Symbol.asyncDispose]: close,
  }
}
