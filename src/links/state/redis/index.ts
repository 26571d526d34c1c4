/**
 * `express-signed-stream/redis`, apart from the rest because few apps have several nodes.
 *
 * @module redis
 */
export { redisState } from './redis-state'
export type { RedisStateOptions, SendCommand } from './redis-options'
