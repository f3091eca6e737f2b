/**
 * The Lua scripts of the queue in Redis; each runs alone. A record is stored as `VERSION:JSON`; versions come from one counter, so none
 * is ever used twice. Time is Redis's own: the clocks of the nodes do not matter for leases.
 *
 * Keys of all: 1 entries, 2 agents, 3 meta (fields `revision` and `data`), 4 leases.
 */

const now = `
local time = redis.call('TIME')
local now = string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000))
`;

/** Arguments: a name for the data should they be new; name and revision of what is known. Without the records when nothing changed. */
export const readScript = `${now}
redis.call('HSETNX', KEYS[3], 'data', ARGV[1])
local data = redis.call('HGET', KEYS[3], 'data')
local revision = redis.call('HGET', KEYS[3], 'revision') or '0'
local live = redis.call('ZRANGEBYSCORE', KEYS[4], '(' .. now, '+inf')
if data == ARGV[2] and revision == ARGV[3] then return {data, revision, live} end
return {data, revision, live, redis.call('HGETALL', KEYS[1]), redis.call('HGETALL', KEYS[2])}
`;

/** Arguments: the channel to tell; then for each change: `entry` or `agent`, id, expected version, JSON or nothing to remove it. */
export const commitScript = `
local function keyOf(kind) if kind == 'entry' then return KEYS[1] else return KEYS[2] end end
for i = 2, #ARGV, 4 do
  local raw = redis.call('HGET', keyOf(ARGV[i]), ARGV[i + 1])
  local version = raw and string.match(raw, '^%d+') or '0'
  if version ~= ARGV[i + 2] then return 0 end
end
for i = 2, #ARGV, 4 do
  local revision = redis.call('HINCRBY', KEYS[3], 'revision', 1)
  if ARGV[i + 3] == '' then
    redis.call('HDEL', keyOf(ARGV[i]), ARGV[i + 1])
  else
    redis.call('HSET', keyOf(ARGV[i]), ARGV[i + 1], string.format('%.0f', revision) .. ':' .. ARGV[i + 3])
  end
end
redis.call('PUBLISH', ARGV[1], 'changed')
return 1
`;

/** Arguments: node, length of the lease in milliseconds. Leases that ran out long ago are swept out on the way. */
export const renewLeaseScript = `${now}
redis.call('ZREMRANGEBYSCORE', KEYS[4], '-inf', string.format('%.0f', now - 3600000))
redis.call('ZADD', KEYS[4], string.format('%.0f', now + ARGV[2]), ARGV[1])
return 1
`;
