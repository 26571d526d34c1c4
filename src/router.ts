/** The handler as Express apps mount it. */
import type { Secret } from './signing/keyring'
import { assembleRouter, type StreamHandler, type StreamRouterOptions } from './stream-handler'

/**
 * Makes the handler that serves signed tracks at `/{id}` below where it is mounted. Any other path is handed on.
 *
 * @throws TypeError or RangeError that names the option that is wrong
 * @example
 * app.use('/stream', createStreamRouter({ dir: 'audio', secret: process.env.SECRET_KEY }))
 */
export function createStreamRouter(options: StreamRouterOptions): StreamHandler
/** The same with the two options that are always needed in front. */
export function createStreamRouter(
  dir: string,
  secret: Secret | readonly Secret[] | undefined,
  options?: Omit<StreamRouterOptions, 'dir' | 'secret'>,
): StreamHandler
export function createStreamRouter(
  first: StreamRouterOptions | string,
  secret?: Secret | readonly Secret[],
  others?: Omit<StreamRouterOptions, 'dir' | 'secret'>,
): StreamHandler {
  const options = typeof first === 'string' ? { ...others, dir: first, secret } : first
  return assembleRouter('createStreamRouter', options)
}
