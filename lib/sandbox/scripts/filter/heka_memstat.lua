-- Graphs the heap of hekad, from its messages of Type heka.memstat: the largest value of
-- each row.
--
-- config (default)
--   rows (1440)            rows of the graph
--   sec_per_row (60)       seconds a row
--   anomaly_config (nil)   what to watch for; the graph is "Heka Memory Statistics"
--   preservation_version (0)

_PRESERVATION_VERSION = read_config("preservation_version") or 0

require "circular_buffer"
require "string"
local alert      = require "alert"
local annotation = require "annotation"
local anomaly    = require "anomaly"

local title          = "Heka Memory Statistics"
local rows           = read_config("rows") or 1440
local sec_per_row    = read_config("sec_per_row") or 60
local anomaly_config = anomaly.parse_config(read_config("anomaly_config"))
annotation.set_prune(title, rows * sec_per_row * 1e9)

local columns = {
    {"HeapSys", "B"}, {"HeapAlloc", "B"}, {"HeapIdle", "B"}, {"HeapInuse", "B"},
    {"HeapReleased", "B"}, {"HeapObjects", "count"},
}

cbuf = circular_buffer.new(rows, #columns, sec_per_row)
for col, c in ipairs(columns) do
    cbuf:set_header(col, c[1], c[2], "max")
end

function process_message()
    local ns = read_message("Timestamp")
    for col, c in ipairs(columns) do
        local value = read_message(string.format("Fields[%s]", c[1]))
        if type(value) ~= "number" then return -1, "no number: " .. c[1] end
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
