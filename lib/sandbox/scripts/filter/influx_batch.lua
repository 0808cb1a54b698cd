-- Makes lines for InfluxDB of many messages at once: name,tag=text value=1.000000 time. They go
-- out as a payload called influx_line at each timer, after flush_count messages, or when there
-- is room for no more.
--
-- config (default)
--   decimal_precision ("6")      digits behind the point
--   name_prefix (nil)            before each name; may have %{parts} of the message
--   name_prefix_delimiter (nil)  between the prefix and the name
--   skip_fields (nil)            fields to leave out, separated by blanks; **all_base** is
--                                all headers
--   source_value_field (nil)     the one field that is the value; the name is the prefix
--   tag_fields ("**all_base**")  what becomes tags, separated by blanks
--   timestamp_precision ("ms")   ms, s, m or h
--   value_field_key ("value")    the key of the value
--   flush_count (0)              messages after which lines go out; 0: at the timer alone

local protocol = require "ts_line_protocol"
require "string"
require "table"

local function number(option, default)
    return tonumber(read_config(option) or default) or error(option .. " must be a number")
end

local flush_count = number("flush_count", 0)

local config = protocol.set_config{
    decimal_precision     = tostring(number("decimal_precision", 6)),
    name_prefix           = read_config("name_prefix"),
    name_prefix_delimiter = read_config("name_prefix_delimiter"),
    skip_fields_str       = read_config("skip_fields"),
    source_value_field    = read_config("source_value_field"),
    tag_fields_str        = read_config("tag_fields"),
    timestamp_precision   = read_config("timestamp_precision"),
    value_field_key       = read_config("value_field_key"),
}

local room  = 60000 -- bytes of one payload; the default of output_limit is 64512
local size  = 0
local count = 0

local function flush()
    inject_payload("txt", "influx_line")
    size, count = 0, 0
end

function process_message()
    local lines = protocol.influxdb_line_msg(config)
    if #lines > 0 then
        local text = table.concat(lines, "\n") .. "\n"
        if size > 0 and size + #text > room then flush() end
        add_to_payload(text)
        size = size + #text
    end
    count = count + 1
    if flush_count > 0 and count >= flush_count then flush() end
    return 0
end

function timer_event(ns)
    flush()
end
