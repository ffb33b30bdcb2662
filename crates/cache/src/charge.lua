-- Counts work in windows: all of it, or nothing where a window has no room. `window.rs` does the same.
-- KEYS: the windows, hashes of minute and count. ARGV: the time in milliseconds, or '' for the server's own; 1, or 0 to
-- count nothing; then of each window the limit and the cost.
-- Answers whether there is room, 1 or 0, and the time, then of each window: the count, in how many milliseconds the
-- oldest of it leaves, in how many there is room, and the minute.
local MINUTES, MINUTE_MS = 16, 60000

local now = tonumber(ARGV[1])
if not now then
  local time = redis.call('TIME')
  now = time[1] * 1000 + math.floor(time[2] / 1000)
end
local this_minute = math.floor(now / MINUTE_MS)

-- In how many milliseconds so much has left.
local function leaves(window, wanted)
  local left = 0
  for minute = window.newest - MINUTES + 1, window.newest do
    left = left + (window.counts[minute] or 0)
    if left >= wanted then
      return (minute + MINUTES) * MINUTE_MS - now
    end
  end
  return (window.newest + MINUTES) * MINUTE_MS - now
end

local function read(key)
  local fields = redis.call('HGETALL', key)
  local window = { newest = this_minute, counts = {}, counted = 0, dead = {} }
  local last = nil
  for field = 1, #fields, 2 do
    last = math.max(last or 0, tonumber(fields[field]))
  end
  -- A clock that was put back by less than a window goes on where it was; further back, it begins anew.
  if last and last - this_minute < MINUTES then
    window.newest = math.max(last, this_minute)
  end
  for field = 1, #fields, 2 do
    local age = window.newest - tonumber(fields[field])
    if age >= 0 and age < MINUTES then
      local count = tonumber(fields[field + 1])
      window.counts[window.newest - age] = count
      window.counted = window.counted + count
    else
      table.insert(window.dead, fields[field])
    end
  end
  return window
end

local windows, answer = {}, { 1, now }
for place, key in ipairs(KEYS) do
  local limit, cost = tonumber(ARGV[2 * place + 1]), tonumber(ARGV[2 * place + 2])
  local window = read(key)
  local excess = window.counted + math.max(cost, 1) - limit
  window.wait = excess > 0 and leaves(window, excess) or 0
  if cost > 0 and excess > 0 then
    answer[1] = 0
  end
  windows[place] = window
end

for place, key in ipairs(KEYS) do
  local window, cost = windows[place], tonumber(ARGV[2 * place + 2])
  if answer[1] == 1 and ARGV[2] == '1' and cost > 0 then
    if #window.dead > 0 then
      redis.call('HDEL', key, unpack(window.dead))
    end
    redis.call('HINCRBY', key, window.newest, cost)
    redis.call('PEXPIRE', key, MINUTES * MINUTE_MS)
    window.counts[window.newest] = (window.counts[window.newest] or 0) + cost
    window.counted = window.counted + cost
  end
  table.insert(answer, window.counted)
  table.insert(answer, window.counted > 0 and leaves(window, 1) or 0)
  table.insert(answer, window.wait)
  table.insert(answer, window.newest)
end
return answer
