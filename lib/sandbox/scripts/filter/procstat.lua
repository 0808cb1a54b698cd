-- Tells what was added to the counters of /proc/stat since the message before, from messages
-- of Type stats.proc such as the decoder linux_procstat makes.
--
-- For each it sends one of Type heka.sandbox.stats.proc, with the fields
--   cpu_user, cpu_system, cpu_idle, ...   ticks added, for cpu, cpu0, cpu1 and so on
--   cpu_percent                           of the time in which it did something, "%"
-- and with extras
--   cpu_user_percent, ...                 of the time, for each sort of time
--   ctxt, processes, intr, softirq, ...   counts added (of lists the first, which is
--                                         the sum), and procs_running and procs_blocked
--
-- config (default)
--   whitelist ("")           a Lua pattern of the names of counters to look at; "" is all
--   extras (false)           more fields, see above
--   percent_integer (true)   percentages as whole numbers
--   preservation_version (0)

_PRESERVATION_VERSION = read_config("preservation_version") or 0

require "math"
require "string"

local whitelist       = read_config("whitelist") or ""
local extras          = read_config("extras") or false
local percent_integer = read_config("percent_integer") ~= false
string.find("", whitelist) -- is it a pattern?

-- The columns of a cpu line, see proc(5). What guests used is in user and nice already.
local times = {"user", "nice", "system", "idle", "iowait", "irq", "softirq", "steal", "guest",
               "guestnice"}
local counted = 8
local gauges  = {procs_running = true, procs_blocked = true}

last = {} -- by counter: a number, or an array

local function percent(part, all)
    local p = 0
    if all > 0 then p = 100 * part / all end
    if percent_integer then p = math.floor(p + 0.5) end
    return {value = p, representation = "%"}
end

-- array returns all values of a field that was just met.
local function array(name, count)
    local var, values = string.format("Fields[%s]", name), {}
    for i = 1, count do
        values[i] = read_message(var, 0, i - 1)
    end
    return values
end

local function cpu(fields, name, now, before)
    local all, idle = 0, 0
    local ticks = {}
    for i, kind in ipairs(times) do
        if not (now[i] and before[i]) then break end
        local n = math.max(now[i] - before[i], 0)
        ticks[i] = n
        fields[name .. "_" .. kind] = n
        if i <= counted then all = all + n end
        if kind == "idle" or kind == "iowait" then idle = idle + n end
    end
    fields[name .. "_percent"] = percent(all - idle, all)
    if not extras then return end
    for i, n in ipairs(ticks) do
        fields[name .. "_" .. times[i] .. "_percent"] = percent(n, all)
    end
end

-- take adds to fields what the counter name has to say.
local function take(fields, name, value, count)
    local is_cpu = string.find(name, "^cpu%d*$")
    if not is_cpu and not extras then return end
    if gauges[name] then
        fields[name] = value
        return
    end
    local before = last[name]
    local now = is_cpu and array(name, count) or value
    last[name] = now
    if not before or name == "btime" then return end
    if is_cpu then
        cpu(fields, name, now, before)
    else
        fields[name] = math.max(now - before, 0)
    end
end

function process_message()
    local fields = {}
    while true do
        local typ, name, value, _, count = read_next_field()
        if not typ then break end
        if type(value) == "number" and string.find(name, whitelist) then
            take(fields, name, value, count)
        end
    end
    if next(fields) then
        inject_message({
            Timestamp = read_message("Timestamp"), Type = "stats.proc", Fields = fields,
        })
    end
    return 0
end
