-- Graphs the load averages and the number of processes of a system, from messages of
-- Type stats.loadavg such as the decoder linux_loadavg makes.
--
-- config (default)
--   rows (1440)            rows of the graph
--   sec_per_row (60)       seconds a row
--   anomaly_config (nil)   what to watch for; the graph is "Load Averages"
--   preservation_version (0)

_PRESERVATION_VERSION = read_config("preservation_version") or 0

require "circular_buffer"
require "string"
local alert      = require "alert"
local annotation = require "annotation"
local anomaly    = require "anomaly"

local title          = "Load Averages"
local rows           = read_config("rows") or 1440
local sec_per_row    = read_config("sec_per_row") or 60
local anomaly_config = anomaly.parse_config(read_config("anomaly_config"))
annotation.set_prune(title, rows * sec_per_row * 1e9)

local fields = {"1MinAvg", "5MinAvg", "15MinAvg", "NumProcesses"}

cbuf = circular_buffer.new(rows, #fields, sec_per_row)
for col, name in ipairs(fields) do
    cbuf:set_header(col, name, "Count", "max")
end

function process_message()
    local ns = read_message("Timestamp")
    for col, name in ipairs(fields) do
        local value = read_message(string.format("Fields[%s]", name))
        if type(value) ~= "number" then return -1, "no number: " .. name end
        cbuf:set(ns, col, value)
    end
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
