/**
 * The list of revocations, in three sorted sets of one slot: entries by their sequence, entries by their end, and marks by
 * the sequence of the entry that was added with them. The first mark is random, and any other one a digest of all that was
 * added until then. So a node whose mark is there has read what this Redis has; after a flush, a restart or a fail-over
 * that lost writes it is not, also if the same entries were added since.
 */

/** More than are added between two reads of a node. The node reads the list from its beginning if there were more. */
const MARKS = 10_000

/** Ended entries that one addition removes, so that it stays short. */
const PRUNED = 1000

/**
 * - KEYS: entries, ends, marks
 * - ARGV: the entry, its end or `+inf`, now, the most entries that have not ended
 */
export const ADD_SCRIPT = `
local entries, ends, marks = KEYS[1], KEYS[2], KEYS[3]
if redis.call('ZSCORE', entries, ARGV[1]) then return 'there' end
local ended = redis.call('ZRANGEBYSCORE', ends, '-inf', '(' .. ARGV[3], 'LIMIT', 0, ${PRUNED})
for _, entry in ipairs(ended) do
  redis.call('ZREM', entries, entry)
  redis.call('ZREM', ends, entry)
end
if redis.call('ZCOUNT', ends, ARGV[3], '+inf') >= tonumber(ARGV[4]) then return 'full' end
local mark = redis.call('ZREVRANGE', marks, 0, 0, 'WITHSCORES')
local newest = redis.call('ZREVRANGE', entries, 0, 0, 'WITHSCORES')
local sequence = string.format('%.0f', math.max(tonumber(mark[2] or 0), tonumber(newest[2] or 0)) + 1)
redis.call('ZADD', entries, sequence, ARGV[1])
redis.call('ZADD', ends, ARGV[2], ARGV[1])
redis.call('ZADD', marks, sequence, string.sub(redis.sha1hex((mark[1] or '') .. ARGV[1]), 1, 16))
redis.call('ZREMRANGEBYRANK', marks, 0, -${MARKS + 1})
return 'there'
`

/**
 * - KEYS: entries, marks
 * - ARGV: the sequence that was read last, the sequence of a mark, the mark, the most entries of a page, a mark for a list
 *   that has none
 *
 * Returns whether this is the beginning (1 or 0), whether there is more, the sequence of the last entry of the page, the
 * newest mark with its sequence before it, and the entries.
 */
export const READ_SCRIPT = `
local entries, marks = KEYS[1], KEYS[2]
local isEmpty = redis.call('EXISTS', entries) == 0
local isStart, last = '1', '0'
if redis.call('ZSCORE', marks, ARGV[3]) == ARGV[2] and (ARGV[2] == '0' or not isEmpty) then
  isStart, last = '0', ARGV[1]
end
if isEmpty and redis.call('EXISTS', marks) == 0 then redis.call('ZADD', marks, 0, ARGV[5]) end
local most = tonumber(ARGV[4])
local found = redis.call('ZRANGEBYSCORE', entries, '(' .. last, '+inf', 'WITHSCORES', 'LIMIT', 0, most + 1)
local hasMore = '0'
if #found > 2 * most then hasMore = '1' end
local mark = redis.call('ZREVRANGE', marks, 0, 0, 'WITHSCORES')
local reply = { isStart, hasMore, last, mark[2] or '0', mark[1] or '' }
for i = 1, math.min(#found, 2 * most), 2 do
  table.insert(reply, found[i])
  reply[3] = found[i + 1]
end
return reply
`
