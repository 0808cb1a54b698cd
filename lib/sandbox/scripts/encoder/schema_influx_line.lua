-- Makes lines for InfluxDB from 0.9 on of the fields: name,tag=text value=1.000000 time.
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

local protocol = require "ts_line_protocol"
require "table"

local function number(option, default)
    return tonumber(read_config(option) or default) or error(option .. " must be a number")
end

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

function process_message()
    local lines = protocol.influxdb_line_msg(config)
    if #lines == 0 then return -2 end
    inject_payload("txt", "", table.concat(lines, "\n"), "\n")
    return 0
end
