-- Counts the different items of each day, or of other spans of time: active users by their
-- id, say. The counts are estimates, within 1 % or so.
--
-- config (default)
--   message_variable         where the item is, as in Fields[uid]; required
--   title ("Estimated Unique Daily " .. message_variable)
--   enable_delta (false)     send the changes too, for cbufd_aggregator
--   rows (365)               rows of the graph
--   seconds_per_row (86400)  seconds a row
--   preservation_version (0)

_PRESERVATION_VERSION = read_config("preservation_version") or 0

require "circular_buffer"
require "hyperloglog"
require "math"
require "string"

local variable     = read_config("message_variable") or
                     error("message_variable must be configured")
local title        = read_config("title") or "Estimated Unique Daily " .. variable
local enable_delta = read_config("enable_delta") or false
local rows         = read_config("rows") or 365
local row_ns       = (read_config("seconds_per_row") or 86400) * 1e9

active_day = 0 -- the row that hll counts
hll        = hyperloglog.new()
active     = circular_buffer.new(rows, 1, row_ns / 1e9, enable_delta)
active:set_header(1, string.match(variable, "^Fields%[([^%]]+)%]") or variable)

function process_message()
    local ns   = read_message("Timestamp")
    local item = read_message(variable)
    if type(item) ~= "string" and type(item) ~= "number" then
        return -1, "no text or number: " .. variable
    end

    local day = math.floor(ns / row_ns)
    if day < active_day then return 0 end -- its count is closed
    if day > active_day then
        active_day = day
        hll:clear()
    end
    if hll:add(item) then active:set(ns, 1, hll:count()) end
    return 0
end

function timer_event(ns)
    inject_payload("cbuf", title, active:format("cbuf"))
    if enable_delta then inject_payload("cbufd", title, active:format("cbufd")) end
end
