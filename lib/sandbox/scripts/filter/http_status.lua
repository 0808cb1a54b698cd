-- Graphs HTTP status codes: how many of each class there are in each row.
--
-- config (default)
--   rows (1440)            rows of the graph
--   sec_per_row (60)       seconds a row
--   status_field (status)  the field that has the code
--   anomaly_config (nil)   what to watch for; see heka-lua(7)
--   alert_throttle (3600)  seconds between alerts
--   preservation_version (0)

_PRESERVATION_VERSION = read_config("preservation_version") or 0

require "circular_buffer"
require "string"
local alert      = require "alert"
local annotation = require "annotation"
local anomaly    = require "anomaly"

local title          = "HTTP Status"
local rows           = read_config("rows") or 1440
local sec_per_row    = read_config("sec_per_row") or 60
local variable       = string.format("Fields[%s]", read_config("status_field") or "status")
local anomaly_config = anomaly.parse_config(read_config("anomaly_config"))
alert.set_throttle((read_config("alert_throttle") or 3600) * 1e9)
annotation.set_prune(title, rows * sec_per_row * 1e9)

status = circular_buffer.new(rows, 6, sec_per_row)
local unknown = status:set_header(6, "HTTP_UNKNOWN")
for class = 1, 5 do
    status:set_header(class, "HTTP_" .. class .. "00")
end

-- Locals, as this runs for each message.
local read_message, type = read_message, type

function process_message()
    local code = read_message(variable)
    if type(code) ~= "number" then return -1, "no number: " .. variable end

    local column = code / 100 -- its fraction does not count
    if not (code >= 100 and code < 600) then column = unknown end
    status:add(read_message("Timestamp"), column, 1)
    return 0
end

function timer_event(ns)
    if anomaly_config and not alert.throttled(ns) then
        local msg, annos = anomaly.detect(ns, title, status, anomaly_config)
        if msg then
            annotation.concat(title, annos)
            alert.send(ns, msg)
        end
    end
    local notes = anomaly_config and annotation.prune(title, ns) or ""
    inject_payload("cbuf", title, notes, status)
end
