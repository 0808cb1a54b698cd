-- Graphs some of the metrics in messages of Type heka.statmetric that have them as fields
-- (heka-filter statmetric --emit fields).
--
-- config (default)
--   title ("Stats")           name of the graph
--   rows (300)                rows of the graph
--   sec_per_row (1)           seconds a row
--   stats                     names of the metrics, separated by blanks; required
--   stat_labels               names of their columns, as many; required
--   stat_aggregation ("sum")  sum, min, max or none
--   stat_unit ("count")       unit of the columns
--   anomaly_config (nil)      what to watch for
--   preservation_version (0)

_PRESERVATION_VERSION = read_config("preservation_version") or 0

require "circular_buffer"
require "string"
require "table"
local alert      = require "alert"
local annotation = require "annotation"
local anomaly    = require "anomaly"

local title          = read_config("title") or "Stats"
local rows           = read_config("rows") or 300
local sec_per_row    = read_config("sec_per_row") or 1
local aggregation    = read_config("stat_aggregation") or "sum"
local unit           = read_config("stat_unit") or "count"
local anomaly_config = anomaly.parse_config(read_config("anomaly_config"))
annotation.set_prune(title, rows * sec_per_row * 1e9)

local function words(option)
    local list = {}
    local text = read_config(option) or error(option .. " must be configured")
    for word in string.gmatch(text, "%S+") do table.insert(list, word) end
    return list
end

local stats  = words("stats")
local labels = words("stat_labels")
if #stats ~= #labels then
    error(string.format("%d stats and %d stat_labels", #stats, #labels))
end

cbuf = circular_buffer.new(rows, #stats, sec_per_row)
for col, label in ipairs(labels) do
    cbuf:set_header(col, label, unit, aggregation)
end

function process_message()
    local ns      = read_message("Timestamp")
    local seconds = read_message("Fields[timestamp]")
    if type(seconds) == "number" then ns = seconds * 1e9 end

    for col, name in ipairs(stats) do
        local value = read_message(string.format("Fields[%s]", name))
        if type(value) == "number" then
            if aggregation == "sum" then
                cbuf:add(ns, col, value)
            else
                cbuf:set(ns, col, value)
            end
        end
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
