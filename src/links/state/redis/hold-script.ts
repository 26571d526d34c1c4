/**
 * Who listens of one subject. The first hash has `{holder} {end}` for each key: holders are numbered as they begin, and a
 * key ends at a time of Redis's clock, in milliseconds, unless it is presented again. The sorted set has the keys of
 * displaced holders by the time until which they get no place.
 *
 * - KEYS: the hash, the sorted set
 * - ARGV: limit, milliseconds, `refuse` or `endOldest`, whether a stream is in progress (1 or 0), milliseconds of the bar,
 *   most keys of one holder, the keys of this one
 */
export const HOLD_SCRIPT = `
local places, barred = KEYS[1], KEYS[2]
local limit, duration, barFor, most = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[5]), tonumber(ARGV[6])
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)

local function write(number) return string.format('%.0f', number) end

local function keep(key, milliseconds)
  if redis.call('PTTL', key) < milliseconds then redis.call('PEXPIRE', key, write(milliseconds)) end
end

local holders, order = {}, {}
local all = redis.call('HGETALL', places)
for i = 1, #all, 2 do
  local number, last = string.match(all[i + 1], '^(%d+) (%d+)$')
  number, last = tonumber(number), tonumber(last)
  if last <= now then
    redis.call('HDEL', places, all[i])
  else
    if not holders[number] then
      holders[number] = { count = 0, ends = {} }
      table.insert(order, number)
    end
    holders[number].count = holders[number].count + 1
    holders[number].ends[all[i]] = last
  end
end
table.sort(order)

local isBarred, isAnyBarred = {}, false
for i = 7, #ARGV do
  local last = redis.call('ZSCORE', barred, ARGV[i])
  if last and tonumber(last) > now then
    isBarred[ARGV[i]] = true
    isAnyBarred = true
  end
end

local function take(number)
  local holder = holders[number] or { count = 0, ends = {} }
  for i = 7, #ARGV do
    local key = ARGV[i]
    local last = holder.ends[key]
    -- Another listener may have displaced the one that has this key: it stays barred.
    if not last and not isBarred[key] and holder.count < most then
      holder.count = holder.count + 1
      last = 0
    end
    if last then
      holder.ends[key] = math.max(last, now + duration)
      redis.call('HSET', places, key, write(number) .. ' ' .. write(holder.ends[key]))
    end
  end
  keep(places, duration)
  return 'held'
end

for _, number in ipairs(order) do
  for i = 7, #ARGV do
    if holders[number].ends[ARGV[i]] then return take(number) end
  end
end
if isAnyBarred then return 'displaced' end
if #order >= limit and ARGV[4] == '0' then
  if ARGV[3] ~= 'endOldest' or limit < 1 then return 'full' end
  redis.call('ZREMRANGEBYSCORE', barred, '-inf', write(now))
  for i = 1, #order - limit + 1 do
    for key in pairs(holders[order[i]].ends) do
      redis.call('HDEL', places, key)
      redis.call('ZADD', barred, write(now + barFor), key)
    end
  end
  keep(barred, barFor)
end
return take((order[#order] or 0) + 1)
`
