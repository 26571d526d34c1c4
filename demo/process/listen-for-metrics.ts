/** Opens the port of the metrics. */
import { createServer, type RequestListener } from 'node:http'
import type { DemoConfig } from '../settings/config'
import { listen, type OpenPort } from './listen'
import { serverOptions } from './server-options'

/** @returns undefined if the metrics have no port of their own */
export async function listenForMetrics(
  { METRICS_PORT: port, METRICS_HOST: host }: Pick<DemoConfig, 'METRICS_PORT' | 'METRICS_HOST'>,
  handler: RequestListener,
): Promise<OpenPort | undefined> {
  if (port === undefined) return undefined
  const variables = { port: 'METRICS_PORT', host: 'METRICS_HOST' } as const
  return listen(createServer(serverOptions, handler), { port, host, variables })
}
