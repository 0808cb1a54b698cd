-- Graphs what disks do, from messages of Type stats.diskstats such as the decoder
-- linux_diskstats makes. The kernel counts from its start; the graphs "Disk Stats" and
-- "Time doing IO" have how much was added in each row, by all disks together.
--
-- config (default)
--   rows (1440)            rows of the graphs
--   sec_per_row (nil)      seconds a row; else the TickerInterval of the first message, or 60
--   anomaly_config (nil)   what to watch for, by the names of the graphs
--   preservation_version (0)

_PRESERVATION_VERSION = read_config("preservation_version") or 0

require "circular_buffer"
require "string"
local alert      = require "alert"
local annotation = require "annotation"
local anomaly    = require "anomaly"

local rows           = read_config("rows") or 1440
local anomaly_config = anomaly.parse_config(read_config("anomaly_config"))

local graphs = {
    {title = "Disk Stats", unit = "per_%ds",
     fields = {"WritesCompleted", "ReadsCompleted", "SectorsWritten", "SectorsRead",
               "WritesMerged", "ReadsMerged"}},
    {title = "Time doing IO", unit = "ms",
     fields = {"TimeWriting", "TimeReading", "TimeDoingIO", "WeightedTimeDoingIO"}},
}

sec_per_row = read_config("sec_per_row")
cbufs = {} -- by title
last  = {} -- what the counters of each disk were, by its path and the field

-- make makes the buffers. That must wait for the seconds of a row, unless they are known.
local function make()
    for _, g in ipairs(graphs) do
        local cbuf = circular_buffer.new(rows, #g.fields, sec_per_row)
        for col, name in ipairs(g.fields) do
            cbuf:set_header(col, name, string.format(g.unit, sec_per_row), "sum")
        end
        cbufs[g.title] = cbuf
    end
end

if sec_per_row then make() end

local function setup()
    local interval = read_message("Fields[TickerInterval]")
    if type(interval) ~= "number" or not (interval >= 1 and interval <= 86400) then
        interval = 60
    end
    sec_per_row = interval
    make()
end

-- added returns what was added to a counter since it was read last. A smaller one
-- than before has begun anew.
local function added(counter, value)
    local before = last[counter]
    last[counter] = value
    if not before then return nil end
    if value < before then return value end
    return value - before
end

function process_message()
    local ns   = read_message("Timestamp")
    local disk = tostring(read_message("Fields[FilePath]"))
    if not sec_per_row then setup() end

    for _, g in ipairs(graphs) do
        for col, name in ipairs(g.fields) do
            local value = read_message(string.format("Fields[%s]", name))
            if type(value) ~= "number" then return -1, "no number: " .. name end
            local n = added(disk .. " " .. name, value)
            if n then cbufs[g.title]:add(ns, col, n) end
        end
    end
    return 0
end

local function watch(ns, title, cbuf)
    annotation.set_prune(title, rows * sec_per_row * 1e9)
    local msg, annos = anomaly.detect(ns, title, cbuf, anomaly_config)
    if msg then
        annotation.concat(title, annos)
        alert.queue(ns, msg)
    end
end

function timer_event(ns)
    for _, g in ipairs(graphs) do
        local cbuf = cbufs[g.title]
        if cbuf then
            if anomaly_config and not alert.throttled(ns) then watch(ns, g.title, cbuf) end
            inject_payload("cbuf", g.title, annotation.prune(g.title, ns) or "", cbuf)
        end
    end
    alert.send_queue(ns)
end
