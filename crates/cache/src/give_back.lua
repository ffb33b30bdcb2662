-- Takes back what was counted. KEYS: the windows. ARGV: of each the minute and the cost.
for place, key in ipairs(KEYS) do
  local minute, cost = ARGV[2 * place - 1], tonumber(ARGV[2 * place])
  local count = tonumber(redis.call('HGET', key, minute) or nil)
  if count then
    redis.call('HSET', key, minute, math.max(count - cost, 0))
  end
end
