-- Graphs the memory of a system, from messages of Type stats.memstats such as the decoder
-- linux_memstats makes: the largest value of each row. SwapUsed is SwapTotal less
-- SwapFree.
--
-- config (default)
--   rows (1440)            rows of the graph
--   sec_per_row (60)       seconds a row
--   anomaly_config (nil)   what to watch for; the graph is "Memory Stats"
--   preservation_version (0)

_PRESERVATION_VERSION = read_config("preservation_version") or 0

require "circular_buffer"
require "string"
local alert      = require "alert"
local annotation = require "annotation"
local anomaly    = require "anomaly"

local title          = "Memory Stats"
local rows           = read_config("rows") or 1440
local sec_per_row    = read_config("sec_per_row") or 60
local anomaly_config = anomaly.parse_config(read_config("anomaly_config"))
annotation.set_prune(title, rows * sec_per_row * 1e9)

local fields = {"MemFree", "Cached", "Active", "Inactive", "VmallocUsed", "Shmem",
                "SwapCached", "SwapFree"}
local swap_used = #fields + 1

cbuf = circular_buffer.new(rows, swap_used, sec_per_row)
for col, name in ipairs(fields) do
    cbuf:set_header(col, name, "kB", "max")
end
cbuf:set_header(swap_used, "SwapUsed", "kB", "max")

local function read_number(name)
    local value = read_message(string.format("Fields[%s]", name))
    if type(value) == "number" then return value end
    return nil
end

function process_message()
    local ns = read_message("Timestamp")
    local found = false
    for col, name in ipairs(fields) do
        local value = read_number(name)
        if value then
            cbuf:set(ns, col, value)
            found = true
        end
    end
    if not found then return -1, "no field of /proc/meminfo" end

    local total, free = read_number("SwapTotal"), read_number("SwapFree")
    if total and free then cbuf:set(ns, swap_used, total - free) end
    return 0
end

function timer_event(ns)
    if anomaly_config and not alert.throttled(ns) then
        local msg, annos = anomaly.detect(ns, title, cbuf, anomaly_config)
        if msg then
            annotation.concat(title, annos)
            alert.send(ns, msg)
        end
    end
    local notes = anomaly_config and annotation.prune(title, ns) or ""
    inject_payload("cbuf", title, notes, cbuf)
end
