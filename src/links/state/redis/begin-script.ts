/**
 * Listeners that began with one link, as a hash: `k{key}` is the number of a listener, `n{number}` how many keys that one
 * has, `count` how many there are. It expires with the link.
 *
 * - KEYS: the hash
 * - ARGV: limit, milliseconds, most keys of one listener, the keys of this one
 */
export const BEGIN_SCRIPT = `
local link = KEYS[1]
local limit, duration, most = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])

local function note(listener)
  local before = tonumber(redis.call('HGET', link, 'n' .. listener) or 0)
  local count = before
  for i = 4, #ARGV do
    if count >= most then break end
    count = count + redis.call('HSETNX', link, 'k' .. ARGV[i], listener)
  end
  if count > before then redis.call('HSET', link, 'n' .. listener, count) end
  if redis.call('PTTL', link) < duration then redis.call('PEXPIRE', link, ARGV[2]) end
end

for i = 4, #ARGV do
  local listener = redis.call('HGET', link, 'k' .. ARGV[i])
  if listener then
    note(listener)
    return 'known'
  end
end
if tonumber(redis.call('HGET', link, 'count') or 0) >= limit then return 'full' end
note(tostring(redis.call('HINCRBY', link, 'count', 1)))
return 'begun'
`
