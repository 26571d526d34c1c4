/**
 * What nodes publish, in a sorted set and a hash of one slot: the time until which each node is believed, in milliseconds
 * of Redis's clock, and the text of each node. A node that ended publishes nothing, so another one removes what it left.
 */

const CLOCK = `
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local function write(number) return string.format('%.0f', number) end
`

/**
 * - KEYS: the sorted set, the hash
 * - ARGV: the node, its text, milliseconds
 */
export const PUBLISH_SCRIPT = `${CLOCK}
local ends, texts = KEYS[1], KEYS[2]
redis.call('ZADD', ends, write(now + tonumber(ARGV[3])), ARGV[1])
redis.call('HSET', texts, ARGV[1], ARGV[2])
for _, node in ipairs(redis.call('ZRANGEBYSCORE', ends, '-inf', write(now))) do
  redis.call('ZREM', ends, node)
  redis.call('HDEL', texts, node)
end
for _, key in ipairs(KEYS) do
  if redis.call('PTTL', key) < tonumber(ARGV[3]) then redis.call('PEXPIRE', key, ARGV[3]) end
end
return 'there'
`

/** - KEYS: the sorted set, the hash. Returns the texts of all nodes. */
export const READ_STREAMS_SCRIPT = `${CLOCK}
local reply = {}
for _, node in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '(' .. write(now), '+inf')) do
  table.insert(reply, redis.call('HGET', KEYS[2], node) or '[]')
end
return reply
`
