import { createHash } from 'node:crypto'

/** A script that the server runs atomically. */
export interface Script {
  readonly text: string
  readonly sha: string
}

const script = (text: string): Script => ({
  text,
  sha: createHash('sha1').update(text).digest('hex'),
})

/*
 * - Each script answers a list that begins with a keyword. It checks every reason for a refusal
 *   before its first write, and a server without memory refuses that first write: no script is
 *   executed in part.
 */

const MEMBER = `
local function member(position, seq) return position .. '\\0' .. string.format('%016d', seq) end
`

/** Lua version of `admits` in stores/generations.ts; keys 4: positions, 5: closed. */
const GENERATIONS = `
local generations = {}
local function generationIn(key, field)
  local name = key .. '\\0' .. field
  if generations[name] == nil then
    local text = redis.call('HGET', KEYS[key], field)
    local isJson, value = pcall(cjson.decode, text or 'null')
    local said = isJson and type(value) == 'table' and (value['generation'] or value[2])
    generations[name] = type(said) == 'number' and said or 0
  end
  return generations[name]
end
local function admits(key, field, generation)
  if key < 0 then return generationIn(-key, field) <= generation end
  local open = generationIn(4, field)
  if open > generation then return false end
  if key == 5 then return generationIn(5, field) <= generation end
  return open == generation or generationIn(5, field) < generation
end
`

/** Checks the type of each key: another type would end a script halfway. */
const TYPES = `
for at, key in ipairs(KEYS) do
  local kind = redis.call('TYPE', key)['ok']
  local wanted = at == 3 and 'zset' or 'hash'
  if kind ~= 'none' and kind ~= wanted then return { 'TYPE', key, kind, wanted } end
end
`

/**
 * Claims the store, or renews the claim. Arguments: token; owner; lease in ms; newest known schema;
 * instance for a new store; token of an owner that is known to have ended; from a caller that has
 * owned it before its highest acknowledged write, else an empty text; its epoch; whether to start
 * anew where the server has lost, or may have lost, data; the number of its last line; the expected
 * instance, if any, of at least that epoch.
 */
export const CLAIM = script(`${TYPES}
local token, owner, lease, schema, instance, dead, acked, epoch, anew, line, expected = unpack(ARGV)
local was = redis.call('HMGET', KEYS[1], 'token', 'owner', 'until', 'schema', 'instance', 'applied', 'last-seq', 'epoch')
if was[4] and tonumber(was[4]) > tonumber(schema) then return { 'NEWER', was[4] } end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local isMine = was[1] == token
if was[1] and not isMine and was[1] ~= dead and tonumber(was[3]) > now then
  return { 'OWNED', was[2], tostring(tonumber(was[3]) - now), was[1] }
end
local isLost = false
local before = was[8] or '0'
if acked ~= '' then
  isLost = not was[4] or tonumber(was[8]) < tonumber(epoch) or (isMine and tonumber(was[6]) < tonumber(acked))
  if isLost and anew ~= '1' then return { 'LOST' } end
  if not isLost and not isMine then return { 'FENCED' } end
elseif anew == '1' then
  isLost = true
elseif expected ~= '' and (was[5] ~= expected or tonumber(was[8]) < tonumber(epoch)) then
  return { 'LOST' }
end
redis.call('HSET', KEYS[1], 'token', token, 'owner', owner, 'until', now + tonumber(lease), 'schema', schema)
if not was[5] then redis.call('HSET', KEYS[1], 'instance', instance) end
if isLost then
  for at = 4, #KEYS do redis.call('UNLINK', KEYS[at]) end
  redis.call('HSET', KEYS[1], 'incomplete', 1, 'last-seq', line)
  redis.call('HSETNX', KEYS[1], 'first-seq', line + 1)
end
if isLost or not isMine then
  was[8] = math.max(tonumber(was[8] or '0'), tonumber(epoch)) + 1
  redis.call('HSET', KEYS[1], 'applied', 0, 'epoch', was[8])
end
local now = redis.call('HMGET', KEYS[1], 'instance', 'last-seq', 'incomplete')
return { 'OK', now[1], tostring(was[8]), now[2] or '0', now[3] or '0', before, was[6] or '0' }
`)

/**
 * Writes rows and lines, all or nothing. Arguments: token, number of this write, highest
 * acknowledged write, epoch, number of the first line, how many rows and lines; then key, field,
 * value and generation of each row, position and text of each line. Write numbers only increase: a
 * write that was given up and arrives late is refused.
 */
export const COMMIT = script(`${TYPES}${MEMBER}${GENERATIONS}
local token, write, acked, epoch, from, rows, lines = unpack(ARGV, 1, 7)
local was = redis.call('HMGET', KEYS[1], 'token', 'applied', 'last-seq', 'epoch', 'first-seq')
if not was[4] or tonumber(was[4]) < tonumber(epoch) then return { 'LOST' } end
if was[1] ~= token then return { 'FENCED' } end
local applied, last = tonumber(was[2]), tonumber(was[3] or '0')
if applied < tonumber(acked) then return { 'LOST' } end
if tonumber(write) <= applied then return { 'LATE' } end
from, rows, lines = tonumber(from), tonumber(rows), tonumber(lines)
redis.call('HSET', KEYS[1], 'applied', write)
if lines > 0 then redis.call('HSET', KEYS[1], 'last-seq', from + lines - 1) end
if lines > 0 and from < tonumber(was[5] or from + 1) then redis.call('HSET', KEYS[1], 'first-seq', from) end
local at = 8
for _ = 1, rows do
  local key, field, generation = tonumber(ARGV[at]), ARGV[at + 1], tonumber(ARGV[at + 3])
  if not generation or admits(key, field, generation) then
    if key > 0 then redis.call('HSET', KEYS[key], field, ARGV[at + 2])
    else redis.call('HDEL', KEYS[-key], field) end
    generations[math.abs(key) .. '\\0' .. field] = nil
  end
  at = at + 4
end
for seq = from, from + lines - 1 do
  if seq <= last then
    local old = redis.call('HGET', KEYS[2], seq)
    local position = old and cjson.decode(old)['positionId']
    if type(position) == 'string' then redis.call('ZREM', KEYS[3], member(position, seq)) end
  end
  redis.call('HSET', KEYS[2], seq, ARGV[at + 1])
  if ARGV[at] ~= '' then redis.call('ZADD', KEYS[3], 0, member(ARGV[at], seq)) end
  at = at + 2
end
return { 'OK' }
`)

/**
 * Deletes the oldest lines. Arguments: token, how many are kept, age limit (epoch ms), most at
 * once.
 */
export const PRUNE = script(`${TYPES}${MEMBER}
local token, keep, oldest, most = unpack(ARGV)
local was = redis.call('HMGET', KEYS[1], 'token', 'first-seq', 'last-seq', 'epoch')
if not was[4] then return { 'LOST' } end
if was[1] ~= token then return { 'FENCED' } end
local first, last = tonumber(was[2] or '1'), tonumber(was[3] or '0')
local count = 0
for seq = first, math.min(last, first + most - 1) do
  local text = redis.call('HGET', KEYS[2], seq)
  local line = text and cjson.decode(text) or {}
  local isOld = not text or line['at'] < tonumber(oldest)
  if not isOld and seq > last - tonumber(keep) then break end
  redis.call('HDEL', KEYS[2], seq)
  if type(line['positionId']) == 'string' then redis.call('ZREM', KEYS[3], member(line['positionId'], seq)) end
  count = count + 1
end
if count > 0 then redis.call('HSET', KEYS[1], 'first-seq', first + count) end
return { 'OK', tostring(count) }
`)

/** Releases the ownership. Argument: token. */
export const RELEASE = script(`
if redis.call('HGET', KEYS[1], 'token') ~= ARGV[1] then return { 'FENCED' } end
redis.call('HDEL', KEYS[1], 'token', 'owner', 'until')
return { 'OK' }
`)

/** Marks the store as complete. Arguments: token, number of its last line. */
export const COMPLETE = script(`
if redis.call('HGET', KEYS[1], 'token') ~= ARGV[1] then return { 'FENCED' } end
redis.call('HDEL', KEYS[1], 'incomplete')
redis.call('HSET', KEYS[1], 'last-seq', ARGV[2])
redis.call('HSETNX', KEYS[1], 'first-seq', ARGV[2] + 1)
return { 'OK' }
`)
