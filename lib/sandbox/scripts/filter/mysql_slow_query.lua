-- Graphs slow queries, from messages such as the decoder mysql_slow_query makes: the averages
-- of each row, and how many queries there were.
--
-- config (default)
--   rows (1440)            rows of the graph
--   sec_per_row (60)       seconds a row
--   anomaly_config (nil)   what to watch for; the graph is "Statistics"
--   preservation_version (0)

_PRESERVATION_VERSION = read_config("preservation_version") or 0

require "circular_buffer"
require "string"
local alert      = require "alert"
local annotation = require "annotation"
local anomaly    = require "anomaly"

local title          = "Statistics"
local rows           = read_config("rows") or 1440
local sec_per_row    = read_config("sec_per_row") or 60
local anomaly_config = anomaly.parse_config(read_config("anomaly_config"))
annotation.set_prune(title, rows * sec_per_row * 1e9)

local averages = {
    {field = "Query_time",    header = "Query Time",    unit = "s"},
    {field = "Lock_time",     header = "Lock Time",     unit = "s"},
    {field = "Rows_examined", header = "Rows Examined", unit = "count"},
    {field = "Rows_sent",     header = "Rows Sent",     unit = "count"},
}
local count = #averages + 1

data = circular_buffer.new(rows, count, sec_per_row)
sums = circular_buffer.new(rows, #averages, sec_per_row)
for col, a in ipairs(averages) do
    data:set_header(col, a.header, a.unit, "none")
end
data:set_header(count, "Count")

function process_message()
    local ns = read_message("Timestamp")
    local values = {}
    for col, a in ipairs(averages) do
        local value = read_message(string.format("Fields[%s]", a.field))
        if type(value) ~= "number" then return -1, "no number: " .. a.field end
        values[col] = value
    end

    local n = data:add(ns, count, 1)
    if not n then return 0 end -- too old
    for col, value in ipairs(values) do
        data:set(ns, col, sums:add(ns, col, value) / n)
    end
    return 0
end

function timer_event(ns)
    if anomaly_config and not alert.throttled(ns) then
        local msg, annos = anomaly.detect(ns, title, data, anomaly_config)
        if msg then
            annotation.concat(title, annos)
            alert.send(ns, msg)
        end
    end
    local notes = anomaly_config and annotation.prune(title, ns) or ""
    inject_payload("cbuf", title, notes, data)
end
